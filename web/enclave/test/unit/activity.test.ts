// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";
import { onActivity } from "../../src/page/activity.ts";
import { onClock } from "../../src/page/clock.ts";

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

test("the clock is looked at now and then, and whenever the document may be looked at again", () => {
  vi.useFakeTimers();
  const look = vi.fn();
  onClock(look);
  document.dispatchEvent(new Event("visibilitychange"));
  window.dispatchEvent(new Event("focus"));
  window.dispatchEvent(new Event("pageshow"));
  expect(look).toHaveBeenCalledTimes(3);
  vi.advanceTimersByTime(20_000);
  expect(look).toHaveBeenCalledTimes(5);
});
