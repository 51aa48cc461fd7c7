/** What may wait until the screen says what matters. */
import { startTransition, useLayoutEffect, useState } from "react";

const NOTHING = Symbol("nothing painted yet");

/**
 * False in the first paint that shows `key`, true from the one after it: what happened and where stands on the screen
 * before any video, map or question to the centre is begun. What then follows gives way to whatever happens meanwhile.
 */
export function useAfterPaint(key: unknown): boolean {
  const [painted, setPainted] = useState<unknown>(NOTHING);
  useLayoutEffect(() => {
    let handle = requestAnimationFrame(() => {
      handle = requestAnimationFrame(() => startTransition(() => setPainted(key)));
    });
    return () => cancelAnimationFrame(handle);
  }, [key]);
  return painted === key;
}
