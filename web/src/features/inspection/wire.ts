/** What crosses the wire for an inspection: the pack that is taken along, and the whole inspection when it is sent. */
import { api, ApiProblem, csrfToken, problemOf, taken } from "@/api/client";
import type { components } from "@/api/schema";
import type { LocalText } from "@/api/types";
import type { Spot } from "@/vocabulary/plan-picture";
import type { Inspection, Item, Subject } from "./record";
import type { Uplink } from "./sync";

type Schemas = components["schemas"];

export interface PackZone {
  key: string;
  kind: string;
  name: string;
  outline: Spot[];
}
/** Zones are part of a plan from centres that know them. */
export type PackPlan = Schemas["Plan"] & { zones?: readonly PackZone[] };
export type Pack = Omit<Schemas["InspectionPack"], "plans"> & { plans: PackPlan[] };
type Wish = Schemas["InspectionWish"];

/** A plan's drawing is at most so large on the phone. */
const MOST_DRAWING_BYTES = 20_000_000;

export async function askPack(school: string): Promise<Pack> {
  return await taken(
    api.GET("/api/schools/{school_id}/inspection-pack", { params: { path: { school_id: school } } }),
  );
}

/** The drawings of a pack's plans. One that does not come is left out: the list is what matters. */
export async function askDrawings(
  pack: Pack,
): Promise<{ address: string; type: string; bytes: ArrayBuffer }[]> {
  const asked = pack.plans.map(async ({ image }) => {
    const answer = await fetch(image).catch(() => null);
    if (answer === null || !answer.ok) return null;
    const blob = await answer.blob();
    if (blob.size > MOST_DRAWING_BYTES) return null;
    return { address: image, type: blob.type, bytes: await blob.arrayBuffer() };
  });
  return (await Promise.all(asked)).filter((one) => one !== null);
}

interface Words {
  name: (text: LocalText) => string;
  zone: (kind: string) => string;
  point: (kind: string) => string;
}

/** What is looked at in a school: its cameras, its buttons, then zones and exits plan by plan. Keys are stable. */
export function subjectsOf(pack: Pack, words: Words): Subject[] {
  const none = { camera: null, plan: null, zone: null };
  const cameras = pack.cameras.map((camera): Subject => ({
    ...none,
    key: `camera:${camera.id}`,
    kind: "camera",
    camera: camera.id,
    label: words.name(camera.name),
  }));
  const buttons = pack.buttons.map((button): Subject => ({
    ...none,
    key: `button:${button.key}`,
    kind: "button",
    label: words.name(button.name),
  }));
  const onPlans = pack.plans.flatMap((plan): Subject[] => [
    ...(plan.zones ?? []).map((zone): Subject => ({
      ...none,
      key: `zone:${zone.key}`,
      kind: "zone",
      plan: plan.id,
      zone: zone.key,
      label: `${zone.name || words.zone(zone.kind)} · ${plan.name}`,
    })),
    ...plan.points
      .filter(({ kind }) => kind === "exit")
      .map((point): Subject => ({
        ...none,
        key: `exit:${point.key}`,
        kind: "exit",
        plan: plan.id,
        label: `${point.label || words.point("exit")} · ${plan.name}`,
      })),
  ]);
  return [...cameras, ...buttons, ...onPlans];
}

/** The plan on which it stands, and where: a zone's outline, else a point. */
export function placeOf(pack: Pack, item: Item): { plan: PackPlan; outline: readonly Spot[] } | null {
  for (const plan of pack.plans) {
    const zone = (plan.zones ?? []).find(({ key }) => key === item.zone && plan.id === item.plan);
    if (zone !== undefined) return { plan, outline: zone.outline };
    const point = plan.points.find(
      ({ key, camera, way }) =>
        (item.kind === "camera" && camera === item.camera) ||
        (item.kind === "button" && `button:${way}` === item.key) ||
        (item.kind === "exit" && plan.id === item.plan && `exit:${key}` === item.key),
    );
    if (point !== undefined) return { plan, outline: [point] };
  }
  return null;
}

/** The whole of it, as the centre takes it. What has not been answered is not sent: only a signed one has answers to all. */
export function wishOf(inspection: Inspection): Wish {
  const { school, startedAt, finishedAt, place, items, signature } = inspection;
  return {
    school,
    started_at: startedAt,
    finished_at: finishedAt,
    place,
    items: items.flatMap(({ answer, zone, photos, ...item }) =>
      answer === null ? [] : [{ ...item, answer, zone: zone ?? "", photos: [...photos] }],
    ),
    signature: signature === null ? null : { name: signature.name, strokes: signature.path },
  };
}

export const uplink: Uplink = {
  async putInspection(inspection) {
    const { missing } = await taken(
      api.PUT("/api/inspections/{inspection_id}", {
        params: { path: { inspection_id: inspection.id } },
        body: wishOf(inspection),
      }),
    );
    return missing;
  },

  async putPhoto(inspection, digest, photo) {
    const answer = await fetch(`/api/inspections/${inspection}/photos/${digest}`, {
      method: "PUT",
      headers: { "X-CSRFToken": csrfToken(), "Content-Type": photo.type },
      body: photo,
    }).catch(() => {
      throw new ApiProblem("unreachable", 0, "");
    });
    if (!answer.ok) throw problemOf(await answer.json().catch(() => null), answer.status);
  },
};
