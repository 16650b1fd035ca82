import { type ReactNode, useEffect, useRef } from "react";
import { TEXTS } from "../texts.ts";
import { Mark } from "./Mark.tsx";

/** What is around every stage. A new stage gets the focus, so that people who listen hear where they are. */
export function Frame(props: {
  readonly name: string;
  readonly stage: string;
  readonly children: ReactNode;
}) {
  const { name, stage, children } = props;
  const main = useRef<HTMLElement>(null);
  const shown = useRef(stage);
  useEffect(() => {
    document.title = name;
  }, [name]);
  useEffect(() => {
    if (shown.current !== stage) {
      shown.current = stage;
      main.current?.querySelector<HTMLElement>("h1")?.focus();
    }
  }, [stage]);
  return (
    <div className="site">
      <a className="skip" href="#content">
        {TEXTS.skip}
      </a>
      <header className="row site-head">
        <Mark />
        <strong>{name}</strong>
        <span className="badge" data-tone="warn">
          {TEXTS.demo}
        </span>
      </header>
      <main id="content" className="stack" ref={main}>
        {children}
      </main>
      <footer className="muted small site-foot">{TEXTS.notABank}</footer>
    </div>
  );
}
