import { describe, expect, test } from "vitest";
import { type Story, SUBJECT } from "../../../src/story.ts";

export const exported = (story: () => Story) =>
  describe("export", () => {
    test("the enclave offers everything as a file, and the page gets none of it", async () => {
      const { dashboard, witness } = story().first;
      await dashboard.page.reload();
      await dashboard.goTo("Export");
      const window = await dashboard.windowBy("Export my data");
      await window.unlockByPassword(story().password);
      const file = await window.saveFile();
      const { firstName, familyName, documentNumber } = SUBJECT;
      for (const text of [firstName, familyName, documentNumber]) {
        expect(file).toContain(text);
      }
      expect(JSON.parse(file)).toBeTypeOf("object");
      await dashboard.says(/^The file has \d+ item/);
      expect(await witness.leaks(dashboard.page, story().secrets)).toEqual([]);
    });
  });
