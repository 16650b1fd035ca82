import "idos-kit/styles.css";
import "./demo.css";
import { IdosClient } from "idos-client";
import { loadPageConfig } from "idos-kit/page-config";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App.tsx";
import { fetchTerms } from "./bank.ts";
import { Unavailable } from "./screens/Unavailable.tsx";

const element = document.getElementById("page");
if (element !== null) {
  const root = createRoot(element);
  const page = await Promise.all([loadPageConfig(), fetchTerms()])
    .then(([config, terms]) => <App config={config} terms={terms} idos={new IdosClient(config.network)} />)
    .catch((error: unknown) => <Unavailable error={error} />);
  root.render(<StrictMode>{page}</StrictMode>);
}
