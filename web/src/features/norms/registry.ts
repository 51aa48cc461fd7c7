/** A table of organisations as the centre read it: what it would change, and which of its rows are wrong. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, taken } from "@/api/client";
import type { components } from "@/api/schema";

export type RegistryImport = components["schemas"]["RegistryImport"];

const IMPORTS = ["registry", "imports"];

/** The file goes as it is; the centre reads it and changes nothing yet. */
export function useUploadRegistry() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (file: File) =>
      taken(
        api.POST("/api/registry/imports", {
          body: { file: "" },
          bodySerializer: () => {
            const form = new FormData();
            form.append("file", file);
            return form;
          },
        }),
      ),
    onSuccess: (made) => queries.setQueryData([...IMPORTS, made.id], made),
  });
}

export function useImport(id: string) {
  return useQuery({
    queryKey: [...IMPORTS, id],
    queryFn: () =>
      taken(api.GET("/api/registry/imports/{import_id}", { params: { path: { import_id: id } } })),
  });
}

export function useApplyImport(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () =>
      taken(api.POST("/api/registry/imports/{import_id}/apply", { params: { path: { import_id: id } } })),
    onSuccess: (applied) => queries.setQueryData([...IMPORTS, id], applied),
    onError: () => queries.invalidateQueries({ queryKey: [...IMPORTS, id] }),
  });
}
