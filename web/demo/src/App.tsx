import { abortable, type IdosClient, type Signer } from "idos-client";
import { Enclave } from "idos-client/enclave";
import type { PageConfig } from "idos-kit/page-config";
import { useRef, useState } from "react";
import { afterSignIn, attempted, type Show, type Stage } from "./application.ts";
import { apply, BankError, type Terms } from "./bank.ts";
import { shareWithBank, type Visitor, visit } from "./idos.ts";
import { Decided } from "./screens/Decided.tsx";
import { Frame } from "./screens/Frame.tsx";
import { Message } from "./screens/Message.tsx";
import { Offer } from "./screens/Offer.tsx";
import { Wallets } from "./screens/Wallets.tsx";
import { Welcome } from "./screens/Welcome.tsx";
import { TEXTS } from "./texts.ts";

type Offered = Stage & { readonly at: "offer" };

/** The bank's page: one stage after the other, and the frame of the enclave, which stays. */
export function App(props: {
  readonly config: PageConfig;
  readonly terms: Terms;
  /** One for the whole visit: it remembers the newest state that it has seen, and accepts nothing older. */
  readonly idos: IdosClient;
}) {
  const { config, terms, idos } = props;
  const container = useRef<HTMLDivElement>(null);
  const enclave = useRef<Promise<Enclave>>(undefined);
  /** Of the visitor who is here, from their wallet on: aborted when they stop waiting. */
  const patience = useRef(new AbortController());
  const [stage, setStage] = useState<Stage>({ at: "welcome" });

  const attempt = (work: (show: Show) => Promise<Stage>, offer?: Offered) =>
    void attempted(work, setStage, patience.current.signal, offer);

  const stop = () => {
    patience.current.abort();
    // Its window would wait on.
    enclave.current?.then((opened) => opened.close()).catch(() => undefined);
    enclave.current = undefined;
    setStage({ at: "stopped" });
  };

  const start = () => setStage({ at: "welcome" });

  const chooseWallet = () => {
    setStage({ at: "wallet" });
    // Early, so that it is there when it is needed: then only the click may stand before its window.
    enclave.current ??= openEnclave(config, container.current);
    // Who awaits it is told; nobody may before the person leaves.
    enclave.current.catch(() => {
      enclave.current = undefined;
    });
  };

  const decide = async (show: Show, visitor: Visitor, copyId: string, earlier: boolean): Promise<Stage> => {
    show({ at: "busy", doing: "deciding" });
    const decision = await apply(copyId, visitor.profile.id);
    return { at: "decided", decision, earlier, visitor };
  };

  const connect = (wallet: () => Promise<Signer>) => {
    patience.current = new AbortController();
    const { signal } = patience.current;
    attempt(async (show) => {
      show({ at: "busy", doing: "signIn" });
      const visitor = await visit(idos, abortable(await wallet(), signal), terms);
      return visitor?.earlierCopy === undefined
        ? afterSignIn(visitor)
        : decide(show, visitor, visitor.earlierCopy, true);
    });
  };

  const share = (offer: Offered) =>
    attempt(async (show) => {
      show({ at: "busy", doing: "sharing" });
      const opened = await (enclave.current ?? openEnclave(config, container.current));
      const copyId = await shareWithBank(opened, offer.visitor, offer.credential, terms, new Date());
      return decide(show, offer.visitor, copyId, false);
    }, offer);

  return (
    <Frame name={terms.name} stage={stage.at}>
      {stage.at === "welcome" && <Welcome terms={terms} onOpen={chooseWallet} />}
      {stage.at === "wallet" && (
        <Wallets development={config.development} onConnect={connect} onBack={start} />
      )}
      {stage.at === "busy" && (
        <Message title={TEXTS.busy[stage.doing]} busy actions={[{ text: TEXTS.stopped.stop, act: stop }]} />
      )}
      {stage.at === "stopped" && (
        <Message
          {...TEXTS.stopped}
          actions={[
            { text: TEXTS.stopped.again, act: chooseWallet },
            { text: TEXTS.stopped.start, act: start },
          ]}
        />
      )}
      {stage.at === "noProfile" && (
        <Message
          {...TEXTS.noProfile}
          link={{ text: TEXTS.noProfile.dashboard, to: config.dashboard }}
          actions={[{ text: TEXTS.noProfile.other, act: chooseWallet }]}
        />
      )}
      {stage.at === "noCredential" && (
        <Message
          {...TEXTS.noCredential}
          link={{ text: TEXTS.noCredential.dashboard, to: config.dashboard }}
          actions={[{ text: TEXTS.noCredential.again, act: chooseWallet }]}
        />
      )}
      {stage.at === "offer" && (
        <Offer
          {...stage}
          terms={terms}
          onShare={() => share(stage)}
          onCancel={() => setStage({ at: "declined", isSealed: false })}
        />
      )}
      {stage.at === "declined" && (
        <Message
          {...(stage.isSealed ? TEXTS.notSigned : TEXTS.declined)}
          actions={[
            { text: TEXTS.declined.again, act: chooseWallet },
            { text: TEXTS.declined.start, act: start },
          ]}
        />
      )}
      {stage.at === "decided" && (
        <Decided
          {...stage}
          name={terms.name}
          dashboard={config.dashboard}
          onAgain={() => setStage(afterSignIn(stage.visitor))}
          onStart={start}
        />
      )}
      {stage.at === "failed" && (
        <Message
          title={TEXTS.failed.title}
          text={stage.message}
          tone="bad"
          actions={[
            { text: TEXTS.failed.again, act: chooseWallet },
            { text: TEXTS.failed.start, act: start },
          ]}
        />
      )}
      <div ref={container} className="enclave" />
    </Frame>
  );
}

/** Opens the enclave in a frame. A dApp changes no keys, so it has no key ring to store. */
function openEnclave({ enclave: url }: PageConfig, container: HTMLElement | null): Promise<Enclave> {
  if (url === null || container === null) {
    return Promise.reject(new BankError("the configuration of this page names no enclave"));
  }
  const storeKeyRing = () => Promise.reject(new BankError("keys are changed in the dashboard, not here"));
  return Enclave.open({ url, container, storeKeyRing });
}
