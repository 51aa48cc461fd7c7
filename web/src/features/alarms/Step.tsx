/** One step of an alarm's handling: its number or a tick, its key, and what opens under it. */
import { Check } from "lucide-react";
import type { ReactNode } from "react";
import { Kbd } from "@/ui/button";

export function Step({
  number,
  title,
  shortcut,
  done,
  detail,
  onOpen,
  opened = false,
  children,
}: {
  number: number;
  title: string;
  shortcut: string;
  done: boolean;
  detail: ReactNode;
  onOpen?: () => void;
  opened?: boolean;
  children: ReactNode;
}) {
  const head = (
    <>
      <span
        aria-hidden
        className={`inline-flex size-6 shrink-0 items-center justify-center rounded-full border text-sm ${done ? "border-accent text-accent" : "border-line-2 text-ink-2"}`}
      >
        {done ? <Check size={14} /> : number}
      </span>
      <span className="min-w-0 flex-1">
        <span className="block font-medium">{title}</span>
        <span className="block text-sm text-ink-2 empty:hidden">{detail}</span>
      </span>
      <Kbd>{shortcut}</Kbd>
    </>
  );
  return (
    <section className="border-b py-2 last:border-b-0">
      {onOpen === undefined ? (
        <h3 className="flex items-center gap-2 px-1">{head}</h3>
      ) : (
        <button
          type="button"
          onClick={onOpen}
          aria-expanded={opened}
          className="flex w-full items-center gap-2 rounded-sm px-1 text-left"
        >
          {head}
        </button>
      )}
      <div className="mt-1.5 pl-9 empty:hidden">{children}</div>
    </section>
  );
}
