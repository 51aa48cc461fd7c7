import { type ButtonHTMLAttributes, type ReactNode, useEffect, useRef, useState } from "react";

type Look = "plain" | "primary" | "quiet" | "alarm";

const BASE =
  "inline-flex items-center justify-center gap-2 rounded-md px-3 text-base font-medium whitespace-nowrap transition-colors disabled:cursor-not-allowed disabled:opacity-45";

const LOOKS: Record<Look, string> = {
  plain: "border border-line-2 bg-raised text-ink hover:not-disabled:border-ink-3",
  primary: "bg-accent text-on-accent hover:not-disabled:brightness-110",
  quiet: "text-ink-2 hover:not-disabled:bg-raised hover:not-disabled:text-ink",
  alarm: "bg-alarm text-on-alarm hover:not-disabled:brightness-110",
};

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look;
  small?: boolean;
}

export function Button({
  look = "plain",
  small = false,
  className = "",
  type = "button",
  ...rest
}: ButtonProps) {
  return (
    <button
      type={type}
      className={`${BASE} ${LOOKS[look]} ${small ? "h-7 px-2 text-sm" : "h-9"} ${className}`}
      {...rest}
    />
  );
}

/** Looks like a button, is a link: for use as `className` of the router's links. */
export const buttonClass = (look: Look = "plain", small = false): string =>
  `${BASE} ${LOOKS[look]} ${small ? "h-7 px-2 text-sm" : "h-9"}`;

export function Kbd({ children }: { children: ReactNode }) {
  return (
    <kbd className="inline-flex h-5 min-w-5 items-center justify-center rounded-sm border border-current/35 px-1 font-sans whitespace-nowrap text-xs font-medium opacity-80">
      {children}
    </kbd>
  );
}

const HOLD_MS = 1_000;

/** For what leaves the building: it acts only after being held for a second, by pointer, Enter or Space. */
export function HoldButton({
  onHeld,
  disabled,
  children,
  hold,
  ...rest
}: {
  onHeld: () => void;
  disabled?: boolean;
  children: ReactNode;
  /** Held from outside, by a shortcut. */
  hold?: boolean;
  "data-testid"?: string;
}) {
  const [pressed, setPressed] = useState(false);
  const held = (pressed || hold === true) && disabled !== true;
  const act = useRef(onHeld);
  useEffect(() => {
    act.current = onHeld;
  });
  useEffect(() => {
    if (!held) return;
    const timer = setTimeout(() => {
      setPressed(false);
      act.current();
    }, HOLD_MS);
    return () => clearTimeout(timer);
  }, [held]);
  const isHoldKey = (key: string) => key === "Enter" || key === " ";
  return (
    <button
      type="button"
      disabled={disabled}
      className="relative inline-flex h-10 w-full items-center justify-center gap-2 overflow-hidden rounded-md border border-accent px-3 font-medium text-ink disabled:cursor-not-allowed disabled:opacity-45"
      onPointerDown={() => setPressed(true)}
      onPointerUp={() => setPressed(false)}
      onPointerLeave={() => setPressed(false)}
      onKeyDown={(event) => {
        if (!isHoldKey(event.key)) return;
        event.preventDefault();
        setPressed(true);
      }}
      onKeyUp={() => setPressed(false)}
      onBlur={() => setPressed(false)}
      {...rest}
    >
      <span
        aria-hidden
        className="absolute inset-0 origin-left bg-accent/35"
        style={{
          transform: `scaleX(${held ? 1 : 0})`,
          transition: held ? `transform ${HOLD_MS}ms linear` : "none",
        }}
      />
      <span className="relative inline-flex items-center gap-2">{children}</span>
    </button>
  );
}
