import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { Fault } from "./routes/fault.tsx";
import { NotFound } from "./routes/not-found.tsx";
import { Root } from "./routes/root.tsx";
import type { ToldAccount } from "./rules/wallets.ts";

const root = createRootRoute({ component: Root, notFoundComponent: NotFound, errorComponent: Fault });

const routes = [
  createRoute({
    getParentRoute: () => root,
    path: "/",
    component: lazyRouteComponent(() => import("./routes/my-data.tsx"), "MyData"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/credentials/$id",
    component: lazyRouteComponent(() => import("./routes/credential.tsx"), "CredentialScreen"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/request",
    component: lazyRouteComponent(() => import("./routes/request.tsx"), "RequestScreen"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/shared",
    component: lazyRouteComponent(() => import("./routes/shared.tsx"), "Shared"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/received",
    component: lazyRouteComponent(() => import("./routes/received.tsx"), "Received"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/attributes",
    component: lazyRouteComponent(() => import("./routes/attributes.tsx"), "Attributes"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/wallets",
    component: lazyRouteComponent(() => import("./routes/wallets.tsx"), "Wallets"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/security",
    component: lazyRouteComponent(() => import("./routes/security.tsx"), "Security"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/export",
    component: lazyRouteComponent(() => import("./routes/export.tsx"), "Export"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/erase",
    component: lazyRouteComponent(() => import("./routes/erase.tsx"), "Erase"),
  }),
] as const;

/** Which screen is at which path. */
export function newRouter() {
  return createRouter({ routeTree: root.addChildren(routes), defaultPreload: "intent" });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof newRouter>;
  }
  interface HistoryState {
    /** Who comes from a credential that they deleted. The history is kept for whoever is next, too. */
    readonly deletedBy?: ToldAccount;
  }
}
