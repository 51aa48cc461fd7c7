/** Campaigns and assessments as the centre keeps them. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, taken } from "@/api/client";
import type { components } from "@/api/schema";

type Schemas = components["schemas"];
export type Campaign = Schemas["AssessmentCampaign"];
export type SchoolAssessment = Schemas["SchoolAssessment"];
export type AssessmentState = SchoolAssessment["state"];
export type OwnAnswer = Schemas["OwnAnswer"];
export type Judgement = Schemas["Judgement"];
export type GivenGrade = Schemas["GivenGrade"];

const ATTESTATION = ["attestation"];

/** The newest campaigns; an older one is reached by its address. */
export function useCampaigns() {
  return useQuery({
    queryKey: [...ATTESTATION, "campaigns"],
    queryFn: () => taken(api.GET("/api/attestation/campaigns", { params: { query: { limit: 50 } } })),
  });
}

/** Assessments that have begun, of a campaign. */
export function useAssessments(campaign: string) {
  return useQuery({
    queryKey: [...ATTESTATION, "assessments", campaign],
    queryFn: () =>
      taken(api.GET("/api/attestation/assessments", { params: { query: { campaign, limit: 200 } } })),
  });
}

export interface Which {
  campaign: string;
  school: string;
}

const pathOf = ({ campaign, school }: Which) => ({ campaign_id: campaign, school_id: school });

export function useAssessment(which: Which) {
  return useQuery({
    queryKey: [...ATTESTATION, "assessment", which],
    queryFn: () =>
      taken(
        api.GET("/api/attestation/campaigns/{campaign_id}/schools/{school_id}", {
          params: { path: pathOf(which) },
        }),
      ),
  });
}

/** What the norm of today asks otherwise than the one of the record. */
export function useDelta(record: string) {
  return useQuery({
    queryKey: [...ATTESTATION, "delta", record],
    queryFn: () =>
      taken(
        api.GET("/api/attestation/records/{record_id}/delta", { params: { path: { record_id: record } } }),
      ),
  });
}

export type Deed =
  | { deed: "answer"; answer: OwnAnswer }
  | { deed: "judge"; judgement: Judgement }
  | { deed: "decide"; grades: GivenGrade[] }
  | { deed: "submit" | "record" };

/** One deed of the school or the inspector; whatever comes of it, everything is asked for again. */
export function useDeed(which: Which) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (about: Deed) => done(which, about),
    onSettled: () => queries.invalidateQueries({ queryKey: ATTESTATION }),
  });
}

async function done(which: Which, about: Deed): Promise<void> {
  const params = { path: pathOf(which) };
  switch (about.deed) {
    case "answer":
      await taken(
        api.PUT("/api/attestation/campaigns/{campaign_id}/schools/{school_id}/answers", {
          params,
          body: { items: [about.answer] },
        }),
      );
      return;
    case "judge":
      await taken(
        api.PUT("/api/attestation/campaigns/{campaign_id}/schools/{school_id}/judgements", {
          params,
          body: { items: [about.judgement] },
        }),
      );
      return;
    case "decide":
      await taken(
        api.POST("/api/attestation/campaigns/{campaign_id}/schools/{school_id}/decide", {
          params,
          body: { grades: about.grades },
        }),
      );
      return;
    case "submit":
      await taken(
        api.POST("/api/attestation/campaigns/{campaign_id}/schools/{school_id}/submit", { params }),
      );
      return;
    case "record":
      await taken(
        api.POST("/api/attestation/campaigns/{campaign_id}/schools/{school_id}/record", { params }),
      );
  }
}
