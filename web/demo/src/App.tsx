import type { IdosClient, Signer } from "idos-client";
import { Enclave } from "idos-client/enclave";
import type { PageConfig } from "idos-kit/page-config";
import { useRef, useState } from "react";
import { afterError, afterSignIn, type Stage } from "./application.ts";
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
  const [stage, setStage] = useState<Stage>({ at: "welcome" });

  /** Does something, and shows whatever comes of it. */
  const attempt = (work: () => Promise<Stage>, offer?: Offered) => {
    work()
      .catch((error: unknown) => afterError(error, offer))
      .then(setStage);
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

  const decide = async (visitor: Visitor, copyId: string, earlier: boolean): Promise<Stage> => {
    setStage({ at: "busy", doing: "deciding" });
    const decision = await apply(copyId, visitor.profile.id);
    return { at: "decided", decision, earlier, visitor };
  };

  const connect = (wallet: () => Promise<Signer>) =>
    attempt(async () => {
      setStage({ at: "busy", doing: "signIn" });
      const visitor = await visit(idos, await wallet(), terms);
      return visitor?.earlierCopy === undefined
        ? afterSignIn(visitor)
        : decide(visitor, visitor.earlierCopy, true);
    });

  const share = (offer: Offered) =>
    attempt(async () => {
      setStage({ at: "busy", doing: "sharing" });
      const opened = await (enclave.current ?? openEnclave(config, container.current));
      const copyId = await shareWithBank(opened, offer.visitor, offer.credential, terms, new Date());
      return decide(offer.visitor, copyId, false);
    }, offer);

  return (
    <Frame name={terms.name} stage={stage.at}>
      {stage.at === "welcome" && <Welcome terms={terms} onOpen={chooseWallet} />}
      {stage.at === "wallet" && (
        <Wallets development={config.development} onConnect={connect} onBack={start} />
      )}
      {stage.at === "busy" && <Message title={TEXTS.busy[stage.doing]} busy />}
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
