/** What the wizard asks of a school's node, and the decisions that need no screen. */
import { useMutation } from "@tanstack/react-query";
import { api, taken } from "@/api/client";
import type { components } from "@/api/schema";

type Schemas = components["schemas"];
export type Found = Schemas["FoundCamera"];
export type LookedAt = Schemas["LookedAt"];
export type Profile = Schemas["Profile"];
export type Order = Schemas["SetupOrder"];
export type HouseChange = Schemas["HouseChange"];

export const ZONES = [
  "entrance",
  "corridor",
  "stairs",
  "yard",
  "perimeter",
  "dining",
  "gym",
  "classroom",
  "playground",
  "parking",
  "guard_post",
  "other",
] as const;

export const EMPTY: Order = {
  address: "",
  user: "",
  password: "",
  main: "",
  sub: null,
  key: "",
  name: null,
  zone: "other",
  house_profile: false,
};

/** A stream alone, or a device that speaks ONVIF; null for what is neither. */
export function kindOf(address: string): "stream" | "onvif" | null {
  const scheme = /^([a-z]+):\/\/[^/\s]+/i.exec(address.trim())?.[1]?.toLowerCase();
  if (scheme === "rtsp" || scheme === "rtsps") return "stream";
  return scheme === "http" || scheme === "https" ? "onvif" : null;
}

/** What is wrong with an address as it was typed, as a key under `setup`. A password never goes into an address. */
export function addressTrouble(address: string): "address_wrong" | "address_user" | null {
  if (/^[a-z]+:\/\/[^/?#]*@/i.test(address.trim())) return "address_user";
  return kindOf(address) === null || /\s/.test(address.trim()) ? "address_wrong" : null;
}

/** The host of an address, for people to tell cameras apart. */
export function hostOf(address: string): string {
  return /^[a-z]+:\/\/([^/?#]+)/i.exec(address)?.[1] ?? address;
}

export const isKey = (text: string): boolean => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text);

/** A short name that is free: `camera-3`. */
export function freeKey(taken: ReadonlySet<string>): string {
  for (let number = taken.size + 1; ; number++) {
    if (!taken.has(`camera-${number}`)) return `camera-${number}`;
  }
}

/** What the recorder can record. */
export const recordable = (profile: Profile): boolean =>
  profile.encoding === "H264" || profile.encoding === "H265";

/** The order after the camera was looked at: its own suggestions, for a device; nothing to choose of a stream. */
export function suggested(order: Order, seen: LookedAt): Order {
  return seen.onvif ? { ...order, main: seen.main, sub: seen.sub || null } : order;
}

/** What cannot be saved as it is, as a key under `setup`; null when it can. */
export function troubleWith(
  order: Order,
  keys: ReadonlySet<string>,
): "name_needed" | "key_wrong" | "key_taken" | null {
  if ((order.name?.kk ?? "").trim() === "") return "name_needed";
  if (!isKey(order.key)) return "key_wrong";
  return keys.has(order.key) ? "key_taken" : null;
}

const path = (school: string) => ({ params: { path: { school_id: school } } });

export function useSearch(school: string) {
  return useMutation({
    mutationFn: () =>
      taken(api.POST("/api/schools/{school_id}/camera-setup/search", { ...path(school), body: EMPTY })),
  });
}

export function useLook(school: string) {
  return useMutation({
    mutationFn: (body: Order) =>
      taken(api.POST("/api/schools/{school_id}/camera-setup/look", { ...path(school), body })),
    gcTime: 0, // an order holds a password: it is not kept in the cache of what was asked
  });
}

export function usePicture(school: string) {
  return useMutation({
    mutationFn: (body: Order) =>
      taken(api.POST("/api/schools/{school_id}/camera-setup/picture", { ...path(school), body })),
    gcTime: 0,
  });
}

export function useSave(school: string) {
  return useMutation({
    mutationFn: (body: Order) =>
      taken(api.POST("/api/schools/{school_id}/camera-setup/cameras", { ...path(school), body })),
    gcTime: 0,
  });
}

export function useTakeAway(school: string) {
  return useMutation({
    mutationFn: (key: string) =>
      taken(
        api.DELETE("/api/schools/{school_id}/camera-setup/cameras/{key}", {
          params: { path: { school_id: school, key } },
        }),
      ),
  });
}
