import { RefusedError } from "idos-client";
import { describe, expect, test } from "vitest";
import type { Story } from "../../../src/story.ts";

export const revocation = (story: () => Story) =>
  describe("revocation", () => {
    test("before the lock ends the dashboard offers none, and the network refuses", async () => {
      const { dashboard } = story().first;
      await dashboard.page.reload();
      await dashboard.goTo("Shared with others");
      const grant = dashboard.grants().filter({ hasText: story().bankName });
      await grant.getByText("Locked until").waitFor();
      expect(await grant.getByRole("button", { name: /^Revoke/ }).count()).toBe(0);

      const person = await story().person();
      const [locked] = await story().grantsToBank();
      expect(locked?.lockedUntil).toBeGreaterThan(Date.now() / 1000);
      await expect(person.revoke(locked?.id ?? "")).rejects.toThrow(RefusedError);
    });

    test("a grant without a lock is shared from the dashboard, and revoked", async () => {
      const { dashboard } = story().first;
      await dashboard.openCredential();
      const window = await dashboard.share(story().bankName);
      await window.unlockByPassword(story().password);
      await window.share(story().bankName);
      await dashboard.says(`Shared with ${story().bankName}.`);
      await dashboard.goTo("Shared with others");
      const free = dashboard.grants().filter({ hasText: story().bankName }).filter({ hasText: "Active" });
      await dashboard.revoke(free);
      const grants = await story().grantsToBank();
      expect(grants).toHaveLength(1);
      expect(grants[0]?.lockedUntil).toBeGreaterThan(0);
    });
  });
