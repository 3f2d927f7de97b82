/** State that key handlers read as it is now. */

import { useReducer, useRef } from "react";

export interface Cell<T> {
  /** As it is now, however many keys came since the last frame. */
  readonly current: T;
  /** Changes it, and renders the component that holds it. */
  set: (next: T) => void;
}

/**
 * React's own state is that of the last frame until the next is rendered; of two keys that arrive
 * together, the second would undo what the first has done.
 */
export function useCell<T>(initial: () => T): Cell<T> {
  const held = useRef<{ value: T }>(undefined);
  held.current ??= { value: initial() };
  const cell = held.current;
  const [, render] = useReducer((count: number) => count + 1, 0);
  return {
    get current() {
      return cell.value;
    },
    set(next) {
      cell.value = next;
      render();
    },
  };
}
