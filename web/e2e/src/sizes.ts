import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** What a page costs its visitors, in bytes as they are sent. */
export interface PageSize {
  readonly script: number;
  readonly style: number;
  /** Everything, pictures and documents too. */
  readonly total: number;
}

/** Folder of the workspace. */
const WEB = join(import.meta.dirname, "../..");

/** Measures what `npm run build` made of a package. */
export function pageSize(name: string): PageSize {
  const dist = join(WEB, name, "dist");
  if (!existsSync(dist)) {
    throw new Error(`${dist} is not there: npm run build`);
  }
  const files = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((it) => it.isFile());
  const sizes = files.map((file) => ({
    name: file.name,
    size: gzipSync(readFileSync(join(file.parentPath, file.name)), { level: 9 }).length,
  }));
  const sum = (isMeant: (name: string) => boolean) =>
    sizes.filter((it) => isMeant(it.name)).reduce((all, { size }) => all + size, 0);
  return {
    script: sum((file) => file.endsWith(".js")),
    style: sum((file) => file.endsWith(".css")),
    total: sum(() => true),
  };
}
