import { applyTheme, storedTheme, type Theme } from "idos-kit/theme";
import { useId, useState } from "react";
import { TEXTS } from "../texts.ts";

const THEMES: readonly Theme[] = ["system", "light", "dark"];

/** Light, dark, or as the system has it. */
export function ThemeChoice() {
  const [theme, setTheme] = useState(storedTheme);
  const id = useId();
  return (
    <div className="theme-choice small">
      <label htmlFor={id} className="muted">
        {TEXTS.theme.label}
      </label>
      <select
        id={id}
        className="input"
        value={theme}
        onChange={({ target }) => {
          const chosen = THEMES.find((it) => it === target.value) ?? "system";
          applyTheme(chosen);
          setTheme(chosen);
        }}
      >
        {THEMES.map((it) => (
          <option key={it} value={it}>
            {TEXTS.theme[it]}
          </option>
        ))}
      </select>
      {theme === "system" ? null : <span className="muted">{TEXTS.themeNote}</span>}
    </div>
  );
}
