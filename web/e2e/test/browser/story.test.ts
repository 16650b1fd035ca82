import { afterAll, afterEach, beforeAll } from "vitest";
import { Story } from "../../src/story.ts";
import { onboarding } from "./chapters/01-onboarding.ts";
import { issuance } from "./chapters/02-issuance.ts";
import { view } from "./chapters/03-view.ts";
import { share } from "./chapters/04-share.ts";
import { consumer } from "./chapters/05-consumer.ts";
import { nothingHeld } from "./chapters/06-nothing-held.ts";
import { revocation } from "./chapters/07-revocation.ts";
import { nodeKilled } from "./chapters/08-node-killed.ts";
import { passkey } from "./chapters/09-passkey.ts";
import { passwordChange } from "./chapters/10-password-change.ts";
import { secondDevice } from "./chapters/11-second-device.ts";
import { recovery } from "./chapters/12-recovery.ts";
import { exported } from "./chapters/13-export.ts";
import { erasure } from "./chapters/14-erasure.ts";

let story: Story | undefined;

beforeAll(async () => {
  story = await Story.begin();
});

afterEach(async ({ task }) => {
  if (task.result?.state === "fail") {
    process.stderr.write(`${await story?.shown()}\n`);
  }
});

afterAll(async () => {
  await story?.end();
});

const told = (): Story => {
  if (story === undefined) {
    throw new Error("the story has not begun");
  }
  return story;
};

// In this order: each chapter builds on those before it.
onboarding(told);
issuance(told);
view(told);
share(told);
consumer(told);
nothingHeld(told);
revocation(told);
nodeKilled(told);
passkey(told);
passwordChange(told);
secondDevice(told);
recovery(told);
exported(told);
erasure(told);
