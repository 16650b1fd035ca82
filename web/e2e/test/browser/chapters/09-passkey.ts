import { describe, test } from "vitest";
import { addAuthenticator } from "../../../src/authenticator.ts";
import type { Story } from "../../../src/story.ts";

export const passkey = (story: () => Story) =>
  describe("a passkey", () => {
    test("is added, tried, and offered from then on", async () => {
      const { dashboard } = story().first;
      await dashboard.goTo("Security");
      await dashboard.showFactors(story().password);
      const window = await dashboard.windowBy("Add a passkey");
      await addAuthenticator(window.page);
      await window.unlockByPassword(story().password);
      await window.addPasskey();
      await dashboard.says("Your ways to unlock are changed.");
      await dashboard.lock();
      const again = await dashboard.windowBy("Unlock");
      // A virtual authenticator lives in one window, so the next one is unlocked by the password.
      await again.page.getByRole("button", { name: "Unlock with a passkey" }).waitFor();
      await again.unlockByPassword(story().password);
      await again.closed();
      await dashboard.says("Unlocked in the enclave");
    });
  });
