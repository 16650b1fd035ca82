import type { Tone } from "../rules/status.ts";

export function Badge({ tone, text }: { readonly tone: Tone | "accent"; readonly text: string }) {
  return (
    <span className="badge" data-tone={tone}>
      {text}
    </span>
  );
}
