import { describe, test } from "vitest";
import { type Story, SUBJECT } from "../../../src/story.ts";

export const view = (story: () => Story) =>
  describe("view", () => {
    test("the enclave shows what is in the credential, in its own frame", async () => {
      const { dashboard, witness } = story().first;
      // The page in which the credential was typed is left: from here on none is to know anything.
      await dashboard.page.reload();
      await dashboard.isAt("My data");
      witness.forget();
      await dashboard.openCredential();
      await dashboard.show(story().password);
      const shown = dashboard.enclave().getByRole("article");
      for (const text of [SUBJECT.firstName, SUBJECT.familyName, SUBJECT.documentNumber]) {
        await shown.getByText(text).first().waitFor();
      }
      await shown.getByText("Signature checked").waitFor();
    });
  });
