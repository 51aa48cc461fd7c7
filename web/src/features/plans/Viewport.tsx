/** The window through which one sees a plan: wheel, pinch and drag, + − 0 and arrows. What stands on it is drawn above. */
import { Maximize, Minus, Plus } from "lucide-react";
import {
  type DragEvent,
  type PointerEvent,
  type ReactNode,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { useKeys } from "@/ui/keys";
import { useWords } from "@/vocabulary/use-words";
import type { Plan } from "./plans";
import {
  around,
  type At,
  barLength,
  closeness,
  fit,
  inside,
  moved,
  onPlan,
  onScreen,
  resized,
  type Size,
  type Spot,
  type View,
  zoomed,
} from "./view";

const STEP = 1.5;
const PAN_PX = 60;
/** A pointer that moved less has pressed and not dragged. */
const STILL_PX = 5;
const WHEEL = 0.0016;
const BAR_PX = 90;

/** What those who draw above the picture need to know. */
export interface Frame {
  place: (spot: Spot) => At;
  /** The place on the plan under a pointer. */
  spotAt: (pointer: { clientX: number; clientY: number }) => Spot;
  /** In the middle of what is in sight. */
  middle: () => Spot;
  /** 1 is the whole plan. */
  closeness: number;
  /** Pixels of the screen for one of the drawing. */
  scale: number;
  /** Of the drawing, in its pixels. */
  size: Size;
  box: HTMLElement | null;
}

/** What can be looked at: a plan, or a still picture of a camera. */
export type Drawing = Pick<Plan, "id" | "image" | "width_px" | "height_px" | "metres_per_px"> & {
  kind: Plan["kind"] | "still";
};

interface Props {
  plan: Drawing;
  label: string;
  /** In sight at first, the first of them in the middle; all of the plan when there are none. */
  start?: readonly Spot[];
  /** Something was pressed that is no mark. */
  onTap?: (spot: Spot) => void;
  onDropped?: (spot: Spot, event: DragEvent) => void;
  /** + − 0 act wherever the focus is, not only here. */
  keys?: boolean;
  aiming?: boolean;
  tools?: ReactNode;
  children: (frame: Frame) => ReactNode;
}

const NOWHERE: readonly Spot[] = [];

export function Viewport({
  plan,
  label,
  start = NOWHERE,
  onTap,
  onDropped,
  keys = true,
  aiming = false,
  tools,
  children,
}: Props) {
  const [box, setBox] = useState<HTMLDivElement | null>(null);
  const { view, size, change, reset } = useView(plan, box, start);
  const whole = { width: plan.width_px, height: plan.height_px };
  const zoom = useCallback(
    (factor: number, at?: At) =>
      change((view, whole, size) =>
        zoomed(view, whole, size, factor, at ?? { left: size.width / 2, top: size.height / 2 }),
      ),
    [change],
  );
  const pan = (left: number, top: number) =>
    change((view, whole, size) => moved(view, whole, size, { left, top }));
  useWheel(box, zoom);
  const frame = view === null || size === null ? null : frameOf(view, whole, size, box);
  const hand = useHand(box, zoom, pan, (pointer) => {
    if (frame === null || onTap === undefined) return;
    const spot = frame.spotAt(pointer);
    if (inside(spot)) onTap(spot);
  });
  useKeys(
    keys
      ? {
          Equal: () => zoom(STEP),
          NumpadAdd: () => zoom(STEP),
          Minus: () => zoom(1 / STEP),
          NumpadSubtract: () => zoom(1 / STEP),
          Digit0: reset,
          Numpad0: reset,
        }
      : {},
  );
  return (
    <div
      ref={setBox}
      tabIndex={0}
      role="group"
      aria-label={label}
      className={`@container/plan relative size-full touch-none overflow-hidden bg-ground select-none focus-visible:-outline-offset-2 ${aiming ? "cursor-crosshair" : "cursor-grab active:cursor-grabbing"}`}
      {...hand}
      onKeyDown={(event) => {
        const step = ARROWS[event.key];
        if (step === undefined || event.target !== event.currentTarget) return;
        event.preventDefault();
        pan(-step.left * PAN_PX, -step.top * PAN_PX);
      }}
      onDragOver={(event) => onDropped !== undefined && event.preventDefault()}
      onDrop={(event) => {
        if (frame === null || onDropped === undefined) return;
        event.preventDefault();
        onDropped(frame.spotAt(event), event);
      }}
      data-testid="plan"
      data-plan={plan.id}
      data-close={frame === null ? undefined : frame.closeness.toFixed(2)}
    >
      {frame !== null && view !== null && (
        <>
          <Picture plan={plan} view={view} />
          {children(frame)}
          <div className="absolute top-2 right-2 flex flex-col gap-1" onPointerDown={stop}>
            {tools}
            <ZoomButtons zoom={zoom} reset={reset} />
          </div>
          <ScaleBar plan={plan} view={view} />
        </>
      )}
    </div>
  );
}

const stop = (event: PointerEvent) => event.stopPropagation();

export const ARROWS: Record<string, At> = {
  ArrowLeft: { left: -1, top: 0 },
  ArrowRight: { left: 1, top: 0 },
  ArrowUp: { left: 0, top: -1 },
  ArrowDown: { left: 0, top: 1 },
};

function frameOf(view: View, whole: Size, size: Size, box: HTMLDivElement | null): Frame {
  return {
    place: (spot) => onScreen(view, whole, spot),
    spotAt: ({ clientX, clientY }) => {
      const corner = box?.getBoundingClientRect();
      return onPlan(view, whole, { left: clientX - (corner?.left ?? 0), top: clientY - (corner?.top ?? 0) });
    },
    middle: () => onPlan(view, whole, { left: size.width / 2, top: size.height / 2 }),
    closeness: closeness(view, whole, size),
    scale: view.scale,
    size: whole,
    box,
  };
}

type Change = (view: View, whole: Size, size: Size) => View;

/** The view and the box's size; null until the box has been measured. A view that nobody moved starts anew with the box. */
function useView(plan: Drawing, box: HTMLDivElement | null, start: readonly Spot[]) {
  const whole = { width: plan.width_px, height: plan.height_px };
  const [seen, setSeen] = useState<{ view: View; size: Size; touched: boolean } | null>(null);
  const latest = useRef({ whole, start });
  useLayoutEffect(() => {
    latest.current = { whole, start };
  });
  useLayoutEffect(() => {
    if (box === null) return;
    const measure = () => {
      const size = { width: box.clientWidth, height: box.clientHeight };
      if (size.width === 0 || size.height === 0) return;
      const { whole, start } = latest.current;
      setSeen((before) =>
        before === null || !before.touched
          ? { view: around(whole, size, start), size, touched: false }
          : { view: resized(before.view, whole, before.size, size), size, touched: true },
      );
    };
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(box);
    return () => watch.disconnect();
  }, [box, plan.id]);
  const change = useCallback(
    (how: Change) =>
      setSeen(
        (before) =>
          before && { ...before, view: how(before.view, latest.current.whole, before.size), touched: true },
      ),
    [],
  );
  /** As it was at first; and when it is so already, the whole plan. */
  const reset = useCallback(
    () =>
      setSeen((before) => {
        if (before === null) return before;
        const { whole, start } = latest.current;
        const first = around(whole, before.size, start);
        const same = Math.abs(first.scale - before.view.scale) < 1e-9 && first.left === before.view.left;
        return same
          ? { ...before, view: fit(whole, before.size), touched: true }
          : { ...before, view: first, touched: false };
      }),
    [],
  );
  return { view: seen?.view ?? null, size: seen?.size ?? null, change, reset };
}

/** React listens to wheels without the right to keep the page from scrolling. */
function useWheel(box: HTMLDivElement | null, zoom: (factor: number, at: At) => void): void {
  useEffect(() => {
    if (box === null) return;
    const turn = (event: WheelEvent) => {
      event.preventDefault();
      const corner = box.getBoundingClientRect();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 24 : 1;
      zoom(Math.exp(-event.deltaY * lines * WHEEL), {
        left: event.clientX - corner.left,
        top: event.clientY - corner.top,
      });
    };
    box.addEventListener("wheel", turn, { passive: false });
    return () => box.removeEventListener("wheel", turn);
  }, [box, zoom]);
}

/** One pointer drags, two pinch; one that stood still has tapped. */
function useHand(
  box: HTMLDivElement | null,
  zoom: (factor: number, at: At) => void,
  pan: (left: number, top: number) => void,
  tap: (pointer: PointerEvent) => void,
) {
  const down = useRef(new Map<number, At>());
  const travelled = useRef(0);
  const at = (event: PointerEvent): At => ({ left: event.clientX, top: event.clientY });
  const lift = (event: PointerEvent) => down.current.delete(event.pointerId);
  return {
    onPointerDown: (event: PointerEvent<HTMLDivElement>) => {
      if (event.button !== 0) return;
      if (down.current.size === 0) travelled.current = 0;
      down.current.set(event.pointerId, at(event));
    },
    onPointerMove: (event: PointerEvent<HTMLDivElement>) => {
      const before = down.current.get(event.pointerId);
      if (before === undefined) return;
      const now = at(event);
      const other = [...down.current].find(([id]) => id !== event.pointerId)?.[1];
      travelled.current += Math.hypot(now.left - before.left, now.top - before.top);
      if (travelled.current > STILL_PX) box?.setPointerCapture(event.pointerId);
      down.current.set(event.pointerId, now);
      if (other === undefined) {
        if (travelled.current > STILL_PX) pan(now.left - before.left, now.top - before.top);
        return;
      }
      const apart = (one: At) => Math.max(1, Math.hypot(one.left - other.left, one.top - other.top));
      const corner = box?.getBoundingClientRect();
      zoom(apart(now) / apart(before), {
        left: (now.left + other.left) / 2 - (corner?.left ?? 0),
        top: (now.top + other.top) / 2 - (corner?.top ?? 0),
      });
    },
    onPointerUp: (event: PointerEvent<HTMLDivElement>) => {
      if (lift(event) && travelled.current <= STILL_PX && down.current.size === 0) tap(event);
    },
    onPointerCancel: lift,
  };
}

/** A drawing on white paper would blind a dark room: there it is shown as its negative, which keeps its colours' names. */
function Picture({ plan, view }: { plan: Drawing; view: View }) {
  const { t } = useWords();
  const [broken, setBroken] = useState(false);
  return (
    <>
      <img
        src={plan.image}
        alt=""
        draggable={false}
        decoding="async"
        onError={() => setBroken(true)}
        onLoad={() => setBroken(false)}
        className={`plan-picture pointer-events-none absolute max-w-none ${broken ? "invisible" : ""}`}
        data-kind={plan.kind}
        style={{
          left: view.left,
          top: view.top,
          width: plan.width_px * view.scale,
          height: plan.height_px * view.scale,
        }}
      />
      {broken && (
        <p
          className="absolute inset-x-2 top-2 rounded-sm bg-surface px-2 py-1 text-sm text-caution"
          role="alert"
        >
          {t("plan.no_picture")}
        </p>
      )}
    </>
  );
}

const TOOL =
  "inline-flex size-7 items-center justify-center rounded-sm border border-line-2 bg-surface text-ink-2 hover:text-ink";

export function PlanTool({
  label,
  onClick,
  children,
  testId,
  pressed,
  roomy = false,
}: {
  label: string;
  onClick: () => void;
  children: ReactNode;
  testId?: string;
  pressed?: boolean;
  /** Where there is little room, its key and the wheel are enough. */
  roomy?: boolean;
}) {
  return (
    <button
      type="button"
      title={label}
      aria-label={label}
      aria-pressed={pressed}
      onClick={onClick}
      className={`${TOOL} ${roomy ? "@max-[420px]/plan:hidden" : ""}`}
      data-testid={testId}
    >
      {children}
    </button>
  );
}

function ZoomButtons({ zoom, reset }: { zoom: (factor: number) => void; reset: () => void }) {
  const { t } = useWords();
  return (
    <>
      <PlanTool label={t("plan.closer")} onClick={() => zoom(STEP)} testId="plan-closer" roomy>
        <Plus size={15} aria-hidden />
      </PlanTool>
      <PlanTool label={t("plan.farther")} onClick={() => zoom(1 / STEP)} testId="plan-farther" roomy>
        <Minus size={15} aria-hidden />
      </PlanTool>
      <PlanTool label={t("plan.whole")} onClick={reset} testId="plan-whole">
        <Maximize size={14} aria-hidden />
      </PlanTool>
    </>
  );
}

/** How long some metres are, where the plan's scale is known. */
function ScaleBar({ plan, view }: { plan: Drawing; view: View }) {
  const { t } = useWords();
  if (plan.metres_per_px === null) return null;
  const { metres, pixels } = barLength(plan.metres_per_px / view.scale, BAR_PX);
  return (
    <div className="pointer-events-none absolute bottom-2 left-2 rounded-sm bg-surface/85 px-1.5 pb-1 text-xs text-ink-2">
      {t("plan.metres", { metres })}
      <div aria-hidden className="h-1 border-x border-b border-ink-2" style={{ width: pixels }} />
    </div>
  );
}
