/** Faults in words, and in the order in which they should be acted on. */
import i18n from "i18next";
import { beforeAll, describe, expect, test } from "vitest";
import { byUrgency, faultWord, wayOf } from "@/features/supervision/supervision";
import en from "@/locales/en.json";

beforeAll(async () => {
  await i18n.init({ lng: "en", resources: { en: { translation: en } } });
});

describe("a fault", () => {
  test("has the word for its code, for what the node says of itself, and for none its code", () => {
    expect(faultWord(i18n.t, "link.gap")).toContain("never came");
    expect(faultWord(i18n.t, "source.battery_low")).toBe("Battery low");
    expect(faultWord(i18n.t, "source.radio_jammed")).toBe(en.meaning.radio_jammed);
    expect(faultWord(i18n.t, "outbox.ballast_gone")).toBe(en.node_fault.outbox_ballast_gone);
    expect(faultWord(i18n.t, "oven.cold")).toBe("oven.cold");
  });

  test("is about a way in, or about the node itself", () => {
    expect(wayOf({ subject: "source:gym.1:5" })).toBe("gym.1:5");
    expect(wayOf({ subject: "node" })).toBeNull();
  });

  test("that stops alarms comes first, then what is due first", () => {
    const fault = (stops_alarms: boolean, due_at: string) => ({ stops_alarms, due_at }) as never;
    const faults = [
      fault(false, "2026-11-22T10:00:00Z"),
      fault(true, "2026-11-22T12:00:00Z"),
      fault(true, "2026-11-22T11:00:00Z"),
    ];
    expect([...faults].sort(byUrgency)).toEqual([faults[2], faults[1], faults[0]]);
  });
});
