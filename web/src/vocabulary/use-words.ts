import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import type { LocalText } from "@/api/types";
import { named } from "./text";

/** `t` for our own words and `name` for names that come in three languages. */
export function useWords() {
  const { t, i18n } = useTranslation();
  const language = i18n.language;
  const name = useCallback((text: LocalText) => named(text, language), [language]);
  return { t, name, language };
}
