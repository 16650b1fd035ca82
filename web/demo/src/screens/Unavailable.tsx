import { ConfigError } from "idos-kit/page-config";
import { messageOf } from "../application.ts";
import { TEXTS } from "../texts.ts";
import { Message } from "./Message.tsx";

/** The page has no configuration, or the bank's server is not there. */
export function Unavailable({ error }: { readonly error: unknown }) {
  const { title, reload } = TEXTS.unavailable;
  const text = error instanceof ConfigError ? error.message : messageOf(error);
  return (
    <main className="site">
      <Message
        title={title}
        text={text}
        tone="bad"
        actions={[{ text: reload, act: () => location.reload() }]}
      />
    </main>
  );
}
