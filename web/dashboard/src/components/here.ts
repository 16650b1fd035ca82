import { type RefObject, useEffect, useRef } from "react";

/** Whether what asks is still on the page: what ends late takes nobody away from where they went meanwhile. */
export function useIsHere(): Readonly<RefObject<boolean>> {
  const isHere = useRef(false);
  useEffect(() => {
    isHere.current = true;
    return () => {
      isHere.current = false;
    };
  }, []);
  return isHere;
}
