/** Ctrl K: go to a school or a camera, or do something that has no place of its own. */
import { Building2, Cctv, Zap } from "lucide-react";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { Kbd } from "@/ui/button";
import { Dialog } from "@/ui/overlays";
import { CameraMark, cameraState, SchoolMark, schoolState } from "@/vocabulary/schools";
import { useWords } from "@/vocabulary/use-words";
import { useWorld } from "@/world/hooks";
import { find, type Found, matchingDeeds } from "./find";

/** Something that can be done from anywhere: its words in the reader's language, and its key where it has one. */
export interface Deed {
  id: string;
  title: string;
  key?: string;
  run: () => void;
}

interface Props {
  open: boolean;
  onOpen: (open: boolean) => void;
  onSchool: (id: string) => void;
  onCamera: (id: string) => void;
  deeds: readonly Deed[];
}

export function Palette({ open, onOpen, ...go }: Props) {
  const { t } = useWords();
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      if (event.code !== "KeyK" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      onOpen(true);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [onOpen]);
  return (
    <Dialog open={open} onClose={() => onOpen(false)} title={t("search.open")} hideTitle>
      <Search onDone={() => onOpen(false)} {...go} />
    </Dialog>
  );
}

function Search({
  onDone,
  onSchool,
  onCamera,
  deeds,
}: { onDone: () => void } & Pick<Props, "onSchool" | "onCamera" | "deeds">) {
  const { t } = useWords();
  const schools = useWorld((world) => world.schools);
  const cameras = useWorld((world) => world.cameras);
  const [question, setQuestion] = useState("");
  const [at, setAt] = useState(0);
  const found = useMemo(() => find(question, schools, cameras), [question, schools, cameras]);
  const doable = useMemo(() => matchingDeeds(question, deeds), [question, deeds]);
  const count = found.length + doable.length;
  const list = useRef<HTMLUListElement>(null);
  const chosen = Math.min(at, count - 1);
  useEffect(() => {
    list.current?.children[chosen]?.scrollIntoView({ block: "nearest" });
  }, [chosen]);

  const go = (item: Found | undefined) => {
    if (item === undefined) return;
    onDone();
    if (item.kind === "school") onSchool(item.school.id);
    else onCamera(item.camera.id);
  };
  const act = (deed: Deed | undefined) => {
    if (deed === undefined) return;
    onDone();
    deed.run();
  };
  /** What can be done stands below the places. */
  const enter = (index: number) =>
    index < found.length ? go(found[index]) : act(doable[index - found.length]);
  const onKeyDown = (event: KeyboardEvent) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move !== undefined) {
      event.preventDefault();
      setAt(Math.max(0, Math.min(count - 1, chosen + move)));
    } else if (event.key === "Enter") {
      event.preventDefault();
      enter(chosen);
    }
  };
  return (
    <div onKeyDown={onKeyDown}>
      <input
        autoFocus
        value={question}
        onChange={(event) => {
          setQuestion(event.target.value);
          setAt(0);
        }}
        placeholder={t("search.placeholder")}
        aria-label={t("search.placeholder")}
        role="combobox"
        aria-expanded
        aria-controls="found"
        className="h-12 w-full border-b bg-transparent px-4 text-lg outline-none placeholder:text-ink-3"
        data-testid="search-input"
      />
      {count === 0 && <p className="p-4 text-ink-2">{t("search.nothing")}</p>}
      <ul
        ref={list}
        id="found"
        role="listbox"
        aria-label={t("search.open")}
        className="max-h-[50vh] overflow-y-auto p-1"
      >
        {found.map((item, index) => (
          <Row
            key={item.kind === "school" ? item.school.id : item.camera.id}
            item={item}
            chosen={index === chosen}
            onGo={() => go(item)}
          />
        ))}
        {doable.map((deed, index) => (
          <li
            key={deed.id}
            role="option"
            aria-selected={found.length + index === chosen}
            onClick={() => act(deed)}
            className={ROW}
            data-testid="search-deed"
            data-deed={deed.id}
          >
            <Zap size={16} aria-hidden className="shrink-0 text-ink-3" />
            <span className="min-w-0 flex-1 truncate">{deed.title}</span>
            {deed.key !== undefined && <Kbd>{deed.key}</Kbd>}
          </li>
        ))}
      </ul>
    </div>
  );
}

const ROW =
  "flex cursor-pointer items-center gap-3 rounded-sm px-3 py-2 hover:bg-raised aria-selected:bg-raised";

function Row({ item, chosen, onGo }: { item: Found; chosen: boolean; onGo: () => void }) {
  const { name } = useWords();
  const Icon = item.kind === "school" ? Building2 : Cctv;
  const title = item.kind === "school" ? item.school.name : item.camera.name;
  const place = item.kind === "school" ? item.school.address : item.school?.name;
  return (
    <li role="option" aria-selected={chosen} onClick={onGo} className={ROW} data-testid="search-result">
      <Icon size={16} aria-hidden className="shrink-0 text-ink-3" />
      <span className="min-w-0 flex-1 truncate">
        {name(title)}
        {place !== undefined && <span className="ml-2 text-sm text-ink-3">{name(place)}</span>}
      </span>
      {item.kind === "school" ? (
        <SchoolMark state={schoolState(item.school)} />
      ) : (
        <CameraMark state={cameraState(item.camera).state} />
      )}
    </li>
  );
}
