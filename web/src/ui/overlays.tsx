/** What floats: dialogs and menus, on Radix for focus and keyboard. */
import { Dialog as RadixDialog, DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";

export function Dialog({
  open,
  onClose,
  title,
  children,
  wide = false,
  hideTitle = false,
}: {
  open: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  wide?: boolean;
  hideTitle?: boolean;
}) {
  return (
    <RadixDialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <RadixDialog.Portal>
        <RadixDialog.Overlay className="fixed inset-0 z-40 bg-shade" />
        <RadixDialog.Content
          aria-describedby={undefined}
          className={`fixed top-[12vh] left-1/2 z-50 max-h-[76vh] w-[calc(100vw-24px)] -translate-x-1/2 overflow-auto rounded-md border border-line-2 bg-surface shadow-float ${wide ? "max-w-3xl" : "max-w-xl"}`}
        >
          <RadixDialog.Title className={hideTitle ? "sr-only" : "border-b px-4 py-3 text-lg font-semibold"}>
            {title}
          </RadixDialog.Title>
          {children}
        </RadixDialog.Content>
      </RadixDialog.Portal>
    </RadixDialog.Root>
  );
}

export function Menu({ trigger, children }: { trigger: ReactNode; children: ReactNode }) {
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={6}
          className="z-50 min-w-52 rounded-md border border-line-2 bg-surface p-1 shadow-float"
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

const ITEM =
  "flex min-h-9 cursor-pointer items-center gap-2.5 rounded-sm px-2.5 text-base text-ink outline-none data-[highlighted]:bg-raised";

export function MenuItem({
  onSelect,
  children,
  testId,
}: {
  onSelect: () => void;
  children: ReactNode;
  testId?: string;
}) {
  return (
    <DropdownMenu.Item onSelect={onSelect} className={ITEM} data-testid={testId}>
      {children}
    </DropdownMenu.Item>
  );
}

/** An entry that is on or off; the menu stays open. */
export function MenuCheck({
  checked,
  onChange,
  children,
  testId,
}: {
  checked: boolean;
  onChange: () => void;
  children: ReactNode;
  testId?: string;
}) {
  return (
    <DropdownMenu.CheckboxItem
      checked={checked}
      onCheckedChange={onChange}
      onSelect={(event) => event.preventDefault()}
      className={ITEM}
      data-testid={testId}
    >
      <span
        aria-hidden
        className={`size-3.5 rounded-[3px] border border-ink-3 ${checked ? "bg-accent" : ""}`}
      />
      {children}
    </DropdownMenu.CheckboxItem>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <DropdownMenu.Label className="px-2.5 py-1.5 text-sm text-ink-3">{children}</DropdownMenu.Label>;
}

export function MenuLine() {
  return <DropdownMenu.Separator className="my-1 h-px bg-line" />;
}
