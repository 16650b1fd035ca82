// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";
import { onActivity } from "../../src/page/activity.ts";

afterEach(() => {
  vi.useRealTimers();
});

test("what the person does is told, at most every few seconds, whatever else listens", () => {
  vi.useFakeTimers();
  const act = vi.fn();
  onActivity(act);
  const button = document.createElement("button");
  button.addEventListener("keydown", (event) => event.stopPropagation());
  document.body.replaceChildren(button);
  const press = () => button.dispatchEvent(new Event("keydown", { bubbles: true }));
  press();
  expect(act).toHaveBeenCalledTimes(1);
  press();
  button.dispatchEvent(new Event("pointerdown", { bubbles: true }));
  expect(act).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(10_000);
  press();
  expect(act).toHaveBeenCalledTimes(2);
});
