/** Texts of the console in Kazakh, Russian and English. Keys are typed by the English file; a test holds the three together. */
import i18n from "i18next";
import { initReactI18next } from "react-i18next";
import en from "./en.json";
import kk from "./kk.json";
import ru from "./ru.json";

export const LANGUAGE_KEY = "qorgan.language";

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof en };
  }
}

function firstLanguage(): "kk" | "ru" | "en" {
  const kept = localStorage.getItem(LANGUAGE_KEY);
  if (kept === "kk" || kept === "ru" || kept === "en") return kept;
  const asked = navigator.languages.map((tag) => tag.slice(0, 2));
  return asked.includes("kk") ? "kk" : asked.includes("ru") ? "ru" : asked.includes("en") ? "en" : "kk";
}

export async function startTexts(): Promise<void> {
  await i18n.use(initReactI18next).init({
    lng: firstLanguage(),
    fallbackLng: false,
    resources: { kk: { translation: kk }, ru: { translation: ru }, en: { translation: en } },
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  document.documentElement.lang = i18n.language;
  i18n.on("languageChanged", (language) => {
    document.documentElement.lang = language;
  });
}

/** Change the language and remember it in this browser. */
export function chooseLanguage(language: "kk" | "ru" | "en"): void {
  localStorage.setItem(LANGUAGE_KEY, language);
  void i18n.changeLanguage(language);
}

export function languageWasChosen(): boolean {
  return localStorage.getItem(LANGUAGE_KEY) !== null;
}
