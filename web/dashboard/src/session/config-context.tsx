import type { IdosClient } from "idos-client";
import type { PageConfig } from "idos-kit/page-config";
import { createContext, use } from "react";

/** The network that this page is for, and the client that reaches it. */
export interface Setup {
  readonly config: PageConfig;
  readonly client: IdosClient;
}

export const SetupContext = createContext<Setup | undefined>(undefined);

/** What the page was set up with. */
export function useSetup(): Setup {
  const setup = use(SetupContext);
  if (setup === undefined) {
    throw new Error("the page is not set up: SetupContext is missing");
  }
  return setup;
}
