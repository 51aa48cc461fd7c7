/** An assessment as people see it: what contradicts stands out, exceptions excuse nothing, nobody decides without a word. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import i18n from "i18next";
import { act, type ReactNode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { Assessment } from "@/features/attestation/Assessment";
import { AnswerForm, type Said } from "@/features/attestation/AnswerForm";
import {
  deedsOf,
  type Finding,
  lackOfAnswer,
  lackOfJudgement,
  lackOfWaiver,
  latest,
  ordered,
  type Waiver,
  type WaiverDeed,
} from "@/features/attestation/assessment";
import type { SchoolAssessment } from "@/features/attestation/attestation";
import { Differences } from "@/features/attestation/Differences";
import { SideBySide } from "@/features/attestation/SideBySide";
import { WaiverForm, Waivers } from "@/features/attestation/Waivers";
import { startTexts } from "@/locales/i18n";

/** The client keeps the `fetch` that it finds when it is loaded. */
const wire = vi.hoisted(() => {
  const wire = { fetch: null as typeof fetch | null };
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  vi.stubGlobal("fetch", (...about: Parameters<typeof fetch>) => wire.fetch?.(...about));
  return wire;
});
const name = (text: string) => ({ kk: `${text} (kk)`, ru: text, en: `${text} (en)` });

let root: Root;
let page: HTMLElement;
beforeAll(async () => {
  await startTexts();
  await i18n.changeLanguage("ru");
});
beforeEach(() => {
  page = document.body.appendChild(document.createElement("div"));
  root = createRoot(page);
});
afterEach(() => {
  act(() => root.unmount());
  page.remove();
});

const show = (screen: ReactNode) => act(() => root.render(screen));
const all = (testId: string) => [...page.querySelectorAll<HTMLElement>(`[data-testid="${testId}"]`)];
const one = (testId: string): HTMLElement => {
  const [found, ...others] = all(testId);
  if (found === undefined || others.length > 0) throw new Error(`${testId}: ${page.innerHTML}`);
  return found;
};
const type = (testId: string, text: string) =>
  act(() => {
    const field = one(testId);
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value")?.set?.call(field, text);
    field.dispatchEvent(new Event(field.tagName === "SELECT" ? "change" : "input", { bubbles: true }));
  });
const send = (form = "answer-form") =>
  act(() => void one(form).dispatchEvent(new SubmitEvent("submit", { bubbles: true, cancelable: true })));

const finding = (about: Partial<Finding>): Finding => ({
  requirement: "kz:KZ-V-4:1",
  title: name("Архив 30 дней"),
  clause: "№ 117 п. 88",
  gate: false,
  measured: "compliant",
  own: "compliant",
  own_words: "",
  evidence: "",
  inspector: null,
  inspector_words: "",
  counts: "compliant",
  contradiction: null,
  settled: true,
  excepted_until: null,
  ...about,
});
const BOAST = finding({
  requirement: "kz:KZ-B-2:1",
  gate: true,
  measured: "not",
  own: "compliant",
  counts: "not",
  contradiction: "overstated",
  settled: false,
  excepted_until: "2027-03-01",
});

test("what contradicts the measurement stands first, named, and an exception leaves it unmet", () => {
  const unseen = finding({
    requirement: "kz:KZ-J-1:1",
    measured: "unknown",
    own: null,
    counts: "unknown",
    settled: false,
  });
  const findings = [finding({ gate: true }), unseen, BOAST];
  show(
    <SideBySide
      findings={findings}
      ways={{ why: (_, __, children) => <b>{children}</b>, deed: () => null }}
    />,
  );

  expect(one("side-by-side").dataset.waiting).toBe("2");
  expect(all("finding").map((row) => row.dataset.requirement)).toEqual([
    "kz:KZ-B-2:1",
    "kz:KZ-J-1:1",
    "kz:KZ-V-4:1",
  ]);
  const [first] = all("finding");
  expect(one("contradiction").textContent).toBe("Ответ школы лучше, чем измерено");
  expect(first?.dataset.counts).toBe("not");
  expect(first?.textContent).toContain("Не выполнено");
  expect(one("excepted").textContent).toContain("01.03.2027");
  expect(all("finding")[1]?.textContent).toContain("Пока нет");
});

test("what the inspector has settled waits no more", () => {
  const settled: Finding = { ...BOAST, inspector: "not", settled: true };
  const waiting = finding({ settled: false });
  expect(ordered([finding({}), settled, waiting])).toEqual([waiting, settled, finding({})]);
});

test("against the measurement nobody decides without a word", () => {
  const said: Said[] = [];
  show(
    <AnswerForm
      by="inspector"
      measured="not"
      before={null}
      busy={false}
      error={null}
      onSay={(one) => said.push(one)}
    />,
  );
  send();
  expect(one("answer-lack").textContent).toBe("Выберите ответ");
  type("answer-verdict", "compliant");
  send();
  expect(one("answer-lack").textContent).toContain("расходится с измерением");
  expect(said).toEqual([]);

  type("answer-words", " осмотрено на месте ");
  send();
  expect(said).toEqual([{ verdict: "compliant", words: "осмотрено на месте", evidence: "" }]);
  expect(all("answer-lack")).toEqual([]);
  expect(all("answer-evidence")).toEqual([]);
  expect(lackOfJudgement("not", "", "not")).toBeNull();
});

test("a school names its paper, and says why something does not concern it", () => {
  const said: Said[] = [];
  show(
    <AnswerForm
      by="school"
      measured="unknown"
      before={{ verdict: "compliant", words: "", evidence: "" }}
      busy={false}
      error={null}
      onSay={(one) => said.push(one)}
    />,
  );
  type("answer-evidence", "приказ № 12 от 01.09.2026");
  send();
  expect(said).toEqual([{ verdict: "compliant", words: "", evidence: "приказ № 12 от 01.09.2026" }]);
  expect(lackOfAnswer("not_applicable", " ")).toBe("why");
  expect(lackOfAnswer("not", "")).toBeNull();
});

test("a later norm stands beside the record, with what is new and what is gone", () => {
  show(
    <Differences
      items={[
        { change: "added", requirement: "a", title: name("Новое"), counted: null, now: "unknown" },
        { change: "repealed", requirement: "b", title: name("Старое"), counted: "not", now: null },
      ]}
    />,
  );
  const [added, repealed] = all("difference");
  expect(added?.textContent).toContain("при записи его не было");
  expect(added?.textContent).toMatch(/По записиНе требуется.*По новой нормеНеизвестно/);
  expect(repealed?.textContent).toMatch(/По записиНе выполнено.*По новой нормеНе требуется/);
  show(<Differences items={[]} />);
  expect(one("differences-none").textContent).toBe("После этой записи норма не менялась");
});

/** 23.11.2026, 11:00 in Almaty. */
const NOW = Date.parse("2026-11-23T06:00:00Z");
const waiver = (about: Partial<Waiver>): Waiver => ({
  id: "w",
  title: name("Архив 30 дней"),
  requirement: "kz:KZ-V-4:1",
  state: "granted",
  reason: "ремонт",
  until: "2026-11-23",
  expired: false,
  asked_by: { id: "head", name: "Айгүл" },
  decided_by: { id: "inspector", name: "Ерлан" },
  words: "",
  ...about,
});

test("an exception that has run out says so; nobody decides on what they asked for themselves", () => {
  const deeds: [string, WaiverDeed][] = [];
  const items = [
    waiver({ id: "last" }),
    waiver({ id: "over", until: "2026-11-22", expired: true }),
    waiver({ id: "asked", state: "asked", decided_by: null }),
  ];
  show(
    <Waivers
      items={items}
      me="inspector"
      mayDecide
      busy={false}
      error={null}
      onDeed={(id, deed) => deeds.push([id, deed])}
    />,
  );
  expect(all("waiver").map((row) => row.dataset.state)).toEqual(["granted", "expired", "asked"]);
  expect(all("waiver")[1]?.textContent).toContain("Срок истёк");
  act(() => one("waiver-grant").click());
  act(() => one("waiver-refuse").click());
  expect(deeds).toEqual([
    ["asked", "grant"],
    ["asked", "refuse"],
  ]);
  expect(all("waiver-withdraw")).toHaveLength(3);
  const asked = waiver({ state: "asked" });
  expect(deedsOf(asked, "head", true)).toEqual(["withdraw"]);
  expect(deedsOf(asked, "other", false)).toEqual([]);
  expect(deedsOf(asked, "inspector", true)).toEqual(["grant", "refuse", "withdraw"]);
  expect(deedsOf(waiver({ state: "refused" }), "head", true)).toEqual([]);
});

test("an exception is asked for with a reason, for a year at most", () => {
  const asked: string[][] = [];
  show(<WaiverForm now={NOW} busy={false} error={null} onAsk={(...about) => asked.push(about)} />);
  type("waiver-until", "2026-12-31");
  send("waiver-form");
  expect(one("waiver-lack").textContent).toBe("Напишите причину");
  type("waiver-reason", "ремонт сети ");
  send("waiver-form");
  expect(asked).toEqual([["ремонт сети", "2026-12-31"]]);
  expect(latest("2026-11-23")).toBe("2027-11-23");
  expect(lackOfWaiver("р", "2027-11-24", "2026-11-23")).toBe("too_long");
  expect(lackOfWaiver("р", "2026-11-23", "2026-11-23")).toBe("until");
});

// --- an assessment, as the centre tells it ----------------------------------------------------------------------------

const PLACE = "/api/attestation/campaigns/c/schools/s";
const told = (about: Partial<SchoolAssessment>): SchoolAssessment => ({
  id: "a",
  campaign: "c",
  campaign_title: "2026",
  school: "s",
  school_name: name("Школа"),
  state: "open",
  measured_at: "2026-11-23T05:00:00Z",
  gates: "not",
  findings: [BOAST],
  scores: [{ score: "kz:34:1", title: name("Критерий 34"), lowest: 2, highest: 3, grade: null, words: "" }],
  tasks: [],
  thread: [],
  record: null,
  may_answer: false,
  may_decide: false,
  ...about,
});

/** The centre with one assessment; what was asked of it beside reading. */
async function open(about: Partial<SchoolAssessment>, mayRecord = false): Promise<string[]> {
  const asked: string[] = [];
  wire.fetch = async (input, init) => {
    const address = input instanceof Request ? input : new URL(String(input), "http://centre.test");
    const request = new Request(address, init);
    const path = new URL(request.url).pathname;
    if (request.method !== "GET")
      asked.push(`${request.method} ${path.replace(PLACE, "")} ${await request.text()}`.trim());
    const body = path.endsWith("/delta") ? { record: "r", norm_day: "2026-11-23", items: [] } : told(about);
    return new Response(JSON.stringify(body), { headers: { "content-type": "application/json" } });
  };
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  show(
    <QueryClientProvider client={queries}>
      <Assessment which={{ campaign: "c", school: "s" }} mayRecord={mayRecord} why={(_, __, text) => text} />
    </QueryClientProvider>,
  );
  await seen(() => one("assessment"));
  return asked;
}
async function seen<T>(look: () => T): Promise<T> {
  let found: T | undefined;
  await vi.waitFor(
    async () => {
      await act(async () => Promise.resolve());
      found = look();
    },
    { timeout: 10_000, interval: 5 },
  );
  return found as T;
}

test("a school answers and sends; it grades nothing", async () => {
  const asked = await open({ may_answer: true });
  type("answer-words", "камеры сданы");
  send();
  await seen(() => expect(asked).toHaveLength(1));
  expect(asked[0]).toBe(
    'PUT /answers {"items":[{"requirement":"kz:KZ-B-2:1","own":"compliant","words":"камеры сданы","evidence":""}]}',
  );
  expect(all("grade")).toEqual([]);
  await seen(() => expect(one("assessment-submit").hasAttribute("disabled")).toBe(false));
  act(() => one("assessment-submit").click());
  await seen(() => expect(asked[1]).toBe("POST /submit"));
});

test("an inspector judges, grades and signs, each in its time", async () => {
  const asked = await open({ state: "submitted", may_decide: true }, true);
  expect(all("assessment-record")).toEqual([]);
  type("answer-verdict", "not");
  send();
  await seen(() =>
    expect(asked).toEqual([
      'PUT /judgements {"items":[{"requirement":"kz:KZ-B-2:1","verdict":"not","words":""}]}',
    ]),
  );
  type("grade", "2");
  send("grades");
  await seen(() =>
    expect(asked[1]).toBe('POST /decide {"grades":[{"score":"kz:34:1","grade":2,"words":""}]}'),
  );

  act(() => root.render(null));
  const later = await open({ state: "decided" }, true);
  act(() => one("assessment-record").click());
  await seen(() => expect(later).toEqual(["POST /record"]));
});

test("a record has its paper and what the norm changed since, and nothing to press", async () => {
  await open({ state: "recorded", record: "r" }, true);
  expect(one("bundle").getAttribute("href")).toBe("/api/attestation/records/r/bundle.pdf?language=ru");
  await seen(() => one("differences-none"));
  for (const button of ["assessment-record", "assessment-submit", "assessment-decide", "voice"])
    expect(all(button)).toEqual([]);
});
