/** A school's drills on its page: what is due presses, a pierced drill says so, in each language. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import i18n from "i18next";
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { type Demand, type Drill, presses } from "@/features/drills/drills";
import { SchoolDrills } from "@/features/drills/SchoolDrills";
import { startTexts } from "@/locales/i18n";

const wire = vi.hoisted(() => {
  const wire = { answers: {} as Record<string, unknown> };
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  vi.stubGlobal("fetch", async (input: Request) => {
    const body = wire.answers[new URL(input.url).pathname];
    return new Response(JSON.stringify(body ?? { code: "not_found" }), {
      status: body === undefined ? 404 : 200,
      headers: { "content-type": "application/json" },
    });
  });
  return wire;
});
const demand = (state: Demand["state"], planned: string | null = null): Demand => ({
  demand: "fire",
  state,
  last: null,
  due: "2026-11-30",
  planned,
});
const drill = { id: "d1", at: "2026-11-20T05:00:00.000Z", scenario: "fire", state: "stopped" };

let root: Root;
let page: HTMLElement;
beforeAll(startTexts);
beforeEach(() => {
  page = document.createElement("div");
  document.body.append(page);
  root = createRoot(page);
});
afterEach(async () => {
  await act(async () => root.unmount());
  page.remove();
});

async function show(demands: Demand[], items: Partial<Drill>[]): Promise<void> {
  wire.answers = {
    "/api/schools/s1/drill-year": { today: "2026-11-23", demands, trend: [] },
    "/api/drills": { items, next: null },
  };
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  await act(async () => {
    root.render(
      <QueryClientProvider client={queries}>
        <SchoolDrills school="s1" />
      </QueryClientProvider>,
    );
  });
  await vi.waitFor(async () => {
    await act(async () => undefined);
    expect(page.querySelector('[data-testid="school-drills"]')).not.toBeNull();
  }, 20_000);
}

test("what is overdue or in no plan presses, what is planned or held does not", () => {
  expect(
    (["overdue", "unscheduled", "scheduled", "held"] as const).map((one) => presses(demand(one))),
  ).toEqual([true, true, false, false]);
});

test.each([
  ["kk", "Нағыз дабыл тоқтатты", "мерзімі өтті"],
  ["ru", "Прервано настоящей тревогой", "просрочено"],
  ["en", "Stopped by a real alarm", "overdue"],
])("a drill that a real alarm ended says so (%s)", async (language, pierced, overdue) => {
  await i18n.changeLanguage(language);
  await show([demand("overdue")], [{ ...drill, pierced_by: "a1" } as Partial<Drill>]);
  expect(page.querySelector('[data-testid="drill-pierced"]')?.textContent).toBe(pierced);
  expect(page.querySelector('[data-testid="drill-demand"]')?.textContent).toContain(overdue);
  expect(page.textContent).not.toMatch(/drills\./);
});

test("a school without drills says so, and for when one is planned", async () => {
  await i18n.changeLanguage("en");
  await show([demand("scheduled", "2026-12-02")], []);
  expect(page.textContent).toContain("No drill has been planned yet");
  expect(page.querySelector('[data-testid="drill-demand"]')?.textContent).toContain("Planned for");
});
