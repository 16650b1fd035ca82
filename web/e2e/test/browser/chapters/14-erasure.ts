import { describe, expect, test } from "vitest";
import type { Story } from "../../../src/story.ts";

export const erasure = (story: () => Story) =>
  describe("erasure", () => {
    test("everything goes, except what a lock still holds, which is named before", async () => {
      const { dashboard } = story().first;
      await dashboard.goTo("Erase profile", "Erase my profile");
      await dashboard.says(new RegExp(`${story().bankName} can read its copy until`));
      await dashboard.erase();

      const person = await story().person();
      const { value: credentials } = await person.credentials();
      expect(credentials).toEqual([]);
      await story().signIn(story().first);
      await dashboard.isAt("Welcome. Let’s make your profile");
      expect(await dashboard.page.getByText("Proof of identity").count()).toBe(0);
    });
  });
