import { Link } from "@tanstack/react-router";
import { TEXTS } from "../texts.ts";

/** The way back from a place that is in no menu. */
export function ToData() {
  return (
    <Link to="/" className="button" data-kind="quiet">
      {TEXTS.data.back}
    </Link>
  );
}
