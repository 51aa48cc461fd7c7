import { Segmented } from "@/ui/surfaces";
import { chooseLanguage } from "@/locales/i18n";
import { isLanguage, LANGUAGES } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";

/** Each language is written in itself, so that it is found by whoever reads no other. */
export function LanguageSwitch({ short = false }: { short?: boolean }) {
  const { t, language } = useWords();
  return (
    <Segmented
      label={t("session.language")}
      value={isLanguage(language) ? language : "kk"}
      choices={LANGUAGES.map((value) => ({
        value,
        label: short ? t(`language.${value}.short`) : t(`language.${value}.name`),
        title: t(`language.${value}.name`),
      }))}
      onChoose={chooseLanguage}
      testId="language"
    />
  );
}
