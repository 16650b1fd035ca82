// The document of the enclave's windows: here the person types, reads and decides. It is never framed.
import "idos-kit/styles.css";
import "./page/enclave.css";
import { Channel, EnclaveError, type Serve, TICKET } from "idos-client/enclave";
import { explained } from "./frame/explained.ts";
import { onActivity } from "./page/activity.ts";
import { onClock } from "./page/clock.ts";
import { h, mainElement } from "./page/dom.ts";
import { TEXTS } from "./texts.ts";
import { attach } from "./window/attach.ts";
import { editAttribute } from "./window/attribute.ts";
import { change } from "./window/change.ts";
import { create } from "./window/create.ts";
import { filter } from "./window/filter.ts";
import { offer } from "./window/offer.ts";
import { recover } from "./window/recover.ts";
import { Screen } from "./window/screen.ts";
import { secretsIn } from "./window/secrets-in.ts";
import { share } from "./window/share.ts";
import type { Steps } from "./window/steps.ts";
import { unlock } from "./window/unlock.ts";

type Work = {
  readonly [Name in keyof Steps]: (argument: Parameters<Steps[Name]>[0]) => Promise<ReturnType<Steps[Name]>>;
};

/** Steps whose screen stays when they are answered. */
const LASTING: readonly string[] = ["collecting", "fail"] satisfies readonly (keyof Steps)[];

async function run(screen: Screen): Promise<void> {
  const ticket = location.hash.slice(1);
  if (!TICKET.test(ticket) || window.opener === null) {
    screen.note(TEXTS.alone);
    return;
  }
  screen.wait(TEXTS.waiting);
  const port = await attach(window.opener as WindowProxy, ticket);
  if (port === undefined) {
    screen.note(TEXTS.alone);
    return;
  }
  const storeKeyRing = async (keyRing: string, replaces: string | null) => {
    const answer = (await channel.ask("storeKeyRing", { keyRing, replaces })) as { readonly keyRing: string };
    return answer.keyRing;
  };
  const work: Work = {
    create: (argument) => create(screen, argument),
    unlock: (argument) => unlock(screen, argument),
    recover: (argument) => recover(screen, argument),
    share: (argument) => share(screen, argument),
    filter: (argument) => filter(screen, argument),
    editAttribute: (argument) => editAttribute(screen, argument),
    change: (argument) => change(screen, argument, storeKeyRing),
    collecting: async ({ items }) => {
      screen.wait(TEXTS.export.collecting(items));
      return null;
    },
    offer: (argument) => offer(screen, argument),
    fail: async ({ message }) => {
      screen.fail(message);
      return null;
    },
  };
  const serve: Serve = async (method, argument) => {
    if (!Object.hasOwn(work, method)) {
      throw new EnclaveError("Internal", "the frame asks what the window does not know: reload both");
    }
    try {
      const answer = await (work[method as keyof Work] as (argument: unknown) => Promise<unknown>)(argument);
      if (!LASTING.includes(method)) {
        screen.wait(TEXTS.waiting);
      }
      return answer;
    } catch (error) {
      throw explained(error);
    }
  };
  const channel: Channel = new Channel(port, serve, secretsIn);
  // Nobody waits for it: a frame that is gone has no keys to keep.
  const tell = (news: "touch" | "look") => void channel.ask(news, null).catch(() => undefined);
  onActivity(() => tell("touch"));
  // Browsers slow down the timers of the frame while this window covers it.
  onClock(() => tell("look"));
}

if (window.top === window) {
  void run(new Screen(mainElement()));
} else {
  // The headers forbid it; a browser that does not read them finds nothing to click.
  mainElement().append(h("p", { class: "notice", "data-tone": "bad" }, TEXTS.framed));
}
