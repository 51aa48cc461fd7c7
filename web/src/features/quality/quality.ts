/** Picture quality as the centre keeps it. Asked again now and then: nothing here is urgent. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, done, taken } from "@/api/client";
import type { components } from "@/api/schema";
import type { Verdict } from "@/vocabulary/quality";

export type CameraQuality = components["schemas"]["CameraQuality"];
export type QualityHistory = components["schemas"]["QualityHistory"];
export type Spell = components["schemas"]["Spell"];
export type StillPicture = components["schemas"]["StillPicture"];
export type StreamDelivery = components["schemas"]["StreamDelivery"];
export type HourOfPicture = components["schemas"]["HourOfPicture"];
export type DistrictQuality = components["schemas"]["DistrictQuality"];
export type ApprovedView = components["schemas"]["ApprovedView"];
export type Period = ApprovedView["period"];

const QUALITY = ["quality"];
const AGAIN_MS = 10_000;

export interface Filter {
  fault?: string;
  verdict?: Verdict;
  district?: string;
}

export function useWall(filter: Filter) {
  return useInfiniteQuery({
    queryKey: [...QUALITY, "wall", filter],
    queryFn: ({ pageParam }) =>
      taken(api.GET("/api/quality/cameras", { params: { query: { ...filter, offset: pageParam } } })),
    initialPageParam: 0,
    getNextPageParam: (last) => last.next,
    refetchInterval: AGAIN_MS,
  });
}

export function useDistricts() {
  return useQuery({
    queryKey: [...QUALITY, "districts"],
    queryFn: async () => (await taken(api.GET("/api/quality/districts"))).items,
    refetchInterval: 6 * AGAIN_MS,
  });
}

export function useHistory(camera: string, days: number) {
  return useQuery({
    queryKey: [...QUALITY, "history", camera, days],
    queryFn: () =>
      taken(
        api.GET("/api/cameras/{camera_id}/quality", {
          params: { path: { camera_id: camera }, query: { days } },
        }),
      ),
    refetchInterval: AGAIN_MS,
  });
}

export function useViews(camera: string) {
  return useQuery({
    queryKey: [...QUALITY, "views", camera],
    queryFn: () =>
      taken(api.GET("/api/cameras/{camera_id}/views", { params: { path: { camera_id: camera } } })),
    refetchInterval: AGAIN_MS,
  });
}

/** The view that what a spell shows is to be compared with: approved before it began, by day or by night as its still
 * is. Of a node that does not tell which, the one by day; the other one only where nothing else shows how it was. */
export function viewOf(spell: Spell, views: readonly ApprovedView[]): ApprovedView | undefined {
  const wanted = (spell.still ?? spell.latest)?.period ?? "day";
  const stood = views.filter(({ state, taken_at }) => state === "approved" && taken_at < spell.opened_at);
  return stood.find(({ period }) => period === wanted) ?? (spell.before === null ? stood[0] : undefined);
}

/** A picture of now, of the stream that the school's node looks at, proposed as what the camera should see. */
export function usePropose(camera: string, stream: "main" | "sub", purpose: string) {
  const again = useAgain();
  return useMutation({
    mutationFn: async (period: Period) => {
      const frame = await taken(
        api.POST("/api/cameras/{camera_id}/frames", {
          params: { path: { camera_id: camera } },
          body: { at: null, purpose, stream },
        }),
      );
      await taken(
        api.POST("/api/cameras/{camera_id}/views", {
          params: { path: { camera_id: camera } },
          body: { period, frame: frame.id },
        }),
      );
    },
    onSettled: again,
  });
}

export function useSign() {
  const again = useAgain();
  return useMutation({
    mutationFn: (view: string) =>
      done(api.POST("/api/views/{view_id}/signature", { params: { path: { view_id: view } } })),
    onSettled: again,
  });
}

export function useWithdraw() {
  const again = useAgain();
  return useMutation({
    mutationFn: ({ view, reason }: { view: string; reason: string }) =>
      done(
        api.POST("/api/views/{view_id}/withdrawal", {
          params: { path: { view_id: view } },
          body: { reason },
        }),
      ),
    onSettled: again,
  });
}

function useAgain() {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: QUALITY });
}
