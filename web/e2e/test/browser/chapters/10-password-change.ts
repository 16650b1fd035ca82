import { describe, test } from "vitest";
import type { Story } from "../../../src/story.ts";

export const passwordChange = (story: () => Story) =>
  describe("the password", () => {
    test("is changed, and the old one opens nothing", async () => {
      const { dashboard } = story().first;
      const old = story().password;
      const next = "copper orchard 82 saddle";
      await dashboard.showFactors(old);
      const window = await dashboard.windowBy("Change the password");
      await window.unlockByPassword(old);
      await window.choosePassword(next);
      await dashboard.says("Your ways to unlock are changed.");
      story().password = next;
      await dashboard.lock();
      const again = await dashboard.windowBy("Unlock");
      await again.unlockByPassword(old);
      await again.page.getByText("That is not the password.").waitFor({ timeout: 60_000 });
      await again.unlockByPassword(next);
      await again.closed();
      await dashboard.says("Unlocked in the enclave");
    });
  });
