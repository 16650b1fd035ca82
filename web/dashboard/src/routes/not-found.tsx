import { Link } from "@tanstack/react-router";
import { TEXTS } from "../texts.ts";

export function NotFound() {
  return (
    <div className="stack">
      <h1>{TEXTS.errors.notFound}</h1>
      <Link to="/">{TEXTS.nav.data}</Link>
    </div>
  );
}
