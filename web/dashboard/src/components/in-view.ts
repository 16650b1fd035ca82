import { type RefObject, useEffect, useState } from "react";

/** How far outside of the window counts as in view: so far nobody scrolls before what is there is fetched. */
const CLOSE = "200px";

/** Whether an element has been in view, or close to it. */
export function useSeen(item: RefObject<Element | null>): boolean {
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    const box = item.current;
    if (box === null) {
      return;
    }
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((it) => it.isIntersecting)) {
          setSeen(true);
          observer.disconnect();
        }
      },
      { rootMargin: CLOSE },
    );
    observer.observe(box);
    return () => observer.disconnect();
  }, [item]);
  return isSeen;
}
