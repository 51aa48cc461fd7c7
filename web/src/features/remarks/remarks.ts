/** Remarks: asked for, written, answered. Open screens ask anew when the centre says that one has changed. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, ApiProblem, done, taken } from "@/api/client";
import { idempotencyKey } from "@/api/idempotency";
import type { Frame, NewRemark, Remark, RemarkOrder, JointReview } from "@/api/types";
import type { Body, RemarkState } from "@/vocabulary/remarks";
import { useWorldStore } from "@/world/hooks";

const REMARKS = ["remarks"] as const;
const REVIEWS = ["reviews"] as const;
const PAGE = 100;
/** As many as are brought into the order of their deadlines; whoever has more narrows the list. */
export const MOST_SHOWN = 500;
/** Should the events not come. */
const LOOK_MS = 60_000;

export interface Wish {
  school?: string;
  camera?: string;
  plan?: string;
  state?: RemarkState;
  body?: Body;
  mine?: boolean;
  to_fix?: boolean;
  overdue?: boolean;
  q?: string;
}

/** What fits the wish, whole up to `MOST_SHOWN`: the next page is asked for by itself. */
export function useRemarks(wish: Wish, enabled = true) {
  const asked = useInfiniteQuery({
    queryKey: [...REMARKS, "list", wish],
    queryFn: ({ pageParam }) =>
      taken(api.GET("/api/remarks", { params: { query: { ...wish, limit: PAGE, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
    refetchInterval: LOOK_MS,
    placeholderData: (before) => before,
    enabled,
  });
  const { data, hasNextPage, isFetching, fetchNextPage } = asked;
  const items = data?.pages.flatMap((page) => page.items);
  const wantsMore = hasNextPage && !isFetching && (items?.length ?? 0) < MOST_SHOWN;
  useEffect(() => {
    if (wantsMore) void fetchNextPage();
  }, [wantsMore, fetchNextPage]);
  return { ...asked, items, counts: data?.pages[0]?.counts };
}

export function useRemark(id: string) {
  return useQuery({
    queryKey: [...REMARKS, "one", id],
    queryFn: () => taken(api.GET("/api/remarks/{remark_id}", { params: { path: { remark_id: id } } })),
    refetchInterval: LOOK_MS,
  });
}

/** Everything here is asked for anew; the answer to a write is shown at once. */
function useLearn() {
  const queries = useQueryClient();
  return (remark?: Remark) => {
    if (remark !== undefined) queries.setQueryData([...REMARKS, "one", remark.id], remark);
    return Promise.all([
      queries.invalidateQueries({ queryKey: REMARKS }),
      queries.invalidateQueries({ queryKey: REVIEWS }),
    ]);
  };
}

/** While mounted: the centre's event that a remark has changed makes lists and screens ask anew. */
export function useRemarkEvents(): void {
  const store = useWorldStore();
  const learn = useLearn();
  useEffect(() => {
    const stop = (["remark", "review"] as const).map((topic) => store.onTopic(topic, () => void learn()));
    return () => stop.forEach((one) => one());
  }, [store]); // eslint-disable-line react-hooks/exhaustive-deps -- `learn` holds the query client alone
}

/** A key for each wish, kept over its repetitions. */
export function useWrite() {
  const learn = useLearn();
  return useMutation({
    mutationFn: ({ wish, key }: { wish: NewRemark; key: string }) =>
      taken(api.POST("/api/remarks", { body: wish, params: { header: { "Idempotency-Key": key } } })),
    onSuccess: learn,
  });
}

/** A deed and what is said with it; what is left out is not said. */
type Order = Pick<RemarkOrder, "deed"> & Partial<RemarkOrder>;

export function useDeed(remark: Remark) {
  const learn = useLearn();
  return useMutation({
    mutationFn: (deed: Order) =>
      taken(
        api.POST("/api/remarks/{remark_id}/deeds", {
          params: { path: { remark_id: remark.id }, header: { "Idempotency-Key": idempotencyKey() } },
          body: { text: "", version: remark.version, ...deed },
        }),
      ),
    onSuccess: learn,
    onError: (error) => {
      if (error instanceof ApiProblem && error.status === 409) void learn();
    },
  });
}

export function useChange(remark: Remark) {
  const learn = useLearn();
  return useMutation({
    mutationFn: (body: Partial<NewRemark>) =>
      taken(api.PATCH("/api/remarks/{remark_id}", { params: { path: { remark_id: remark.id } }, body })),
    onSuccess: learn,
  });
}

export function useDeleteDraft(remark: Remark) {
  const learn = useLearn();
  return useMutation({
    mutationFn: () =>
      done(api.DELETE("/api/remarks/{remark_id}", { params: { path: { remark_id: remark.id } } })),
    onSuccess: () => learn(),
  });
}

export interface FrameWish {
  camera: string;
  /** ISO 8601: as it was recorded then; absent: as the camera sees now. */
  at?: string;
  purpose: string;
}

/** A picture of the camera, kept at the centre; a line in the school's watch ledger. */
export function useKeepFrame() {
  return useMutation({
    mutationFn: ({ camera, at, purpose }: FrameWish): Promise<Frame> =>
      taken(
        api.POST("/api/cameras/{camera_id}/frames", {
          params: { path: { camera_id: camera } },
          body: { at: at ?? null, purpose, stream: "main" },
        }),
      ),
  });
}

/** The joint reviews of one plan, newest first. */
export function usePlanReviews(plan: string) {
  return useQuery({
    queryKey: [...REVIEWS, "plan", plan],
    queryFn: async () => {
      const { items } = await taken(
        api.GET("/api/plans/{plan_id}/reviews", { params: { path: { plan_id: plan } } }),
      );
      return items;
    },
    refetchInterval: LOOK_MS,
  });
}

/** Those that wait for the signature of one's own body; or all of a school. */
export function useReviews(wish: { mine?: boolean; school?: string }, enabled = true) {
  return useQuery({
    queryKey: [...REVIEWS, "list", wish],
    queryFn: async () => {
      const { items } = await taken(api.GET("/api/reviews", { params: { query: { ...wish, limit: PAGE } } }));
      return items;
    },
    refetchInterval: LOOK_MS,
    enabled,
  });
}

export function useReview(id: string) {
  return useQuery({
    queryKey: [...REVIEWS, "one", id],
    queryFn: () => taken(api.GET("/api/reviews/{review_id}", { params: { path: { review_id: id } } })),
    refetchInterval: LOOK_MS,
  });
}

export function useOpenReview(plan: string) {
  const learn = useLearn();
  return useMutation({
    mutationFn: (body: { revision: number; bodies: Body[]; deadline: string; text: string }) =>
      taken(
        api.POST("/api/plans/{plan_id}/reviews", {
          params: { path: { plan_id: plan }, header: { "Idempotency-Key": idempotencyKey() } },
          body,
        }),
      ),
    onSuccess: () => learn(),
  });
}

export function useSignReview(review: JointReview) {
  const learn = useLearn();
  return useMutation({
    mutationFn: (body: { answer: "agree" | "remarks" | "not_competent"; text: string }) =>
      taken(
        api.POST("/api/reviews/{review_id}/signatures", {
          params: { path: { review_id: review.id }, header: { "Idempotency-Key": idempotencyKey() } },
          body,
        }),
      ),
    onSuccess: () => learn(),
  });
}

export function useEndReview(review: JointReview) {
  const learn = useLearn();
  return useMutation({
    mutationFn: ({ how, text }: { how: "close" | "cancel"; text: string }) => {
      const ask = { params: { path: { review_id: review.id } }, body: { text } };
      return taken(
        how === "close"
          ? api.POST("/api/reviews/{review_id}/close", ask)
          : api.POST("/api/reviews/{review_id}/cancel", ask),
      );
    },
    onSuccess: () => learn(),
  });
}
