import { describe, test } from "vitest";
import { type Story, SUBJECT } from "../../../src/story.ts";

export const secondDevice = (story: () => Story) =>
  describe("a second device", () => {
    test("opens everything by the same wallet and the new password", async () => {
      const device = await story().newDevice();
      const { dashboard } = device;
      await story().signIn(device);
      await dashboard.openCredential();
      await dashboard.show(story().password);
      await dashboard.enclave().getByText(SUBJECT.documentNumber).first().waitFor();
      await device.context.close();
    });
  });
