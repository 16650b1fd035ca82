import "idos-kit/styles.css";
import "./app.css";
import { IdosClient } from "idos-client";
import { loadPageConfig } from "idos-kit/page-config";
import { applyTheme, storedTheme } from "idos-kit/theme";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { keptCheckpoint } from "./session/checkpoint.ts";
import { TEXTS } from "./texts.ts";

applyTheme(storedTheme());

async function start(root: HTMLElement): Promise<void> {
  try {
    const config = await loadPageConfig();
    const { chainId, nodes, checkpoint } = config.network;
    const client = new IdosClient({ chainId, nodes, checkpoint: keptCheckpoint(checkpoint) });
    createRoot(root).render(
      <StrictMode>
        <App setup={{ config, client }} />
      </StrictMode>,
    );
  } catch (error) {
    const text = error instanceof Error ? error.message : "";
    createRoot(root).render(
      <main className="bare stack">
        <h1>{TEXTS.errors.config}</h1>
        <p>{text}</p>
      </main>,
    );
  }
}

const root = document.getElementById("root");
if (root !== null) {
  void start(root);
}
