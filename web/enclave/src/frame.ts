// The document in the page's iframe: it holds the keys, and answers the page.
import "idos-kit/styles.css";
import "./page/enclave.css";
import { Channel } from "idos-client/enclave";
import { greeted } from "./frame/hello.ts";
import { HostCalls } from "./frame/host.ts";
import { Recovery } from "./frame/recovery.ts";
import { Service } from "./frame/service.ts";
import { Session, siblingsOf } from "./frame/session.ts";
import { Stage } from "./frame/stage.ts";
import { Vault } from "./frame/vault.ts";
import { type Network, openNetwork } from "./network/directory.ts";
import { onActivity } from "./page/activity.ts";
import { onClock } from "./page/clock.ts";
import { h, mainElement } from "./page/dom.ts";
import { TEXTS } from "./texts.ts";

async function run(): Promise<void> {
  const { origin, port } = await greeted(window);
  const host = new HostCalls(() => channel);
  const stage = new Stage(mainElement(), (height) => host.resize(height));
  const recovery = new Recovery();
  const session = Session.resumed(new Vault(origin), siblingsOf(origin), (hadKeys) => {
    void service.then((ready) => ready.locked(hadKeys));
  });
  let network: Promise<Network> | undefined;
  const opened = () => {
    // A configuration that did not load is tried again the next time.
    network ??= openNetwork().catch((error: unknown) => {
      network = undefined;
      throw error;
    });
    return network;
  };
  const service: Promise<Service> = session.then(
    (ready) => new Service({ origin, host, session: ready, recovery, stage, network: opened }),
  );
  const channel: Channel = new Channel(port, async (method, argument) =>
    (await service).serve(method, argument),
  );
  // The page's dialog does not hear keys that are pressed in here.
  addEventListener("keydown", ({ key }) => key === "Escape" && stage.clear());
  onActivity(() => void session.then((ready) => ready.touch()));
  onClock(() => void service.then((ready) => ready.endWhatIsDue()));
}

document.documentElement.dataset["frame"] = "";
if (window.parent === window) {
  mainElement().append(h("p", { class: "notice" }, TEXTS.notAPage));
} else {
  void run();
}
