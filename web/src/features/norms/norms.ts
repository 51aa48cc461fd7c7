/** What the norms ask of schools, as the centre keeps it: verdicts, their reasons, standing, documents. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, taken } from "@/api/client";
import { idempotencyKey } from "@/api/idempotency";
import type { components } from "@/api/schema";

type Schemas = components["schemas"];
export type NormItem = Schemas["NormItem"];
export type Verdict = NormItem["verdict"];
export type Status = NormItem["status"];
export type SchoolNorms = Schemas["SchoolNorms"];
export type Reason = Schemas["Reason"];
export type Provision = Schemas["Provision"];
export type RequirementPage = Schemas["RequirementPage"];
export type Standing = Schemas["StandingPage"];
export type StandingRow = Schemas["StandingRow"];
export type SchoolDocument = Schemas["SchoolDocument"];
export type NewDocument = Schemas["NewDocument"];
export type DocumentKind = Schemas["DocumentKind"];
export type Site = Schemas["Site"];
export type NewSite = Schemas["NewSite"];

const NORMS = ["norms"];
const AGAIN_MS = 60_000;

/** Which norms, on which day, and by the norm of which day; without an answer: all of the country, now, that day's. */
export interface Asked {
  pack?: string;
  at?: string;
  norm_day?: string;
}

export function useSchoolNorms(school: string, asked: Asked) {
  return useQuery({
    queryKey: [...NORMS, "school", school, asked],
    queryFn: () =>
      taken(
        api.GET("/api/schools/{school_id}/norms", {
          params: { path: { school_id: school }, query: asked },
        }),
      ),
    refetchInterval: AGAIN_MS,
  });
}

export function useRequirement(school: string, requirement: string, { at, norm_day }: Asked) {
  return useQuery({
    queryKey: [...NORMS, "requirement", school, requirement, at, norm_day],
    queryFn: () =>
      taken(
        api.GET("/api/schools/{school_id}/norms/{requirement}", {
          params: { path: { school_id: school, requirement }, query: { at, norm_day } },
        }),
      ),
    refetchInterval: AGAIN_MS,
  });
}

export function useStanding(asked: { level: "country" | "region" | "district"; of?: string; pack?: string }) {
  return useQuery({
    queryKey: [...NORMS, "standing", asked],
    queryFn: () => taken(api.GET("/api/norms/standing", { params: { query: asked } })),
    refetchInterval: AGAIN_MS,
  });
}

export function useDocuments(school: string) {
  return useQuery({
    queryKey: [...NORMS, "documents", school],
    queryFn: () =>
      taken(api.GET("/api/schools/{school_id}/documents", { params: { path: { school_id: school } } })),
  });
}

export function useAddDocument(school: string) {
  const again = useAgain();
  return useMutation({
    mutationFn: (body: NewDocument) =>
      taken(
        api.POST("/api/schools/{school_id}/documents", {
          params: { path: { school_id: school }, header: { "Idempotency-Key": idempotencyKey() } },
          body,
        }),
      ),
    onSettled: again,
  });
}

export function useWithdrawDocument(school: string) {
  const again = useAgain();
  return useMutation({
    mutationFn: (document: string) =>
      taken(
        api.DELETE("/api/schools/{school_id}/documents/{document_id}", {
          params: { path: { school_id: school, document_id: document } },
        }),
      ),
    onSettled: again,
  });
}

export function useSite(school: string) {
  return useQuery({
    queryKey: [...NORMS, "site", school],
    queryFn: () =>
      taken(api.GET("/api/schools/{school_id}/site", { params: { path: { school_id: school } } })),
  });
}

export function usePutSite(school: string) {
  const again = useAgain();
  return useMutation({
    mutationFn: (body: NewSite) =>
      taken(api.PUT("/api/schools/{school_id}/site", { params: { path: { school_id: school } }, body })),
    onSettled: again,
  });
}

function useAgain() {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: NORMS });
}
