import type { Person } from "idos-client";
import type { ReactNode } from "react";
import { useWrite } from "../queries/write.ts";
import { Confirm } from "./confirm.tsx";

/** Asks before a write that cannot be undone, and does it. Who closes it meanwhile is told if it fails. */
export function ConfirmWrite({
  title,
  action,
  write,
  onClose,
  children,
}: {
  readonly title: string;
  readonly action: string;
  readonly write: (person: Person) => Promise<void>;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  // It lives in the dialog: what fails without one is told elsewhere.
  const { mutate, isPending, error } = useWrite(write);
  return (
    <Confirm
      title={title}
      action={action}
      isPending={isPending}
      error={error}
      onConfirm={() => mutate()}
      onClose={onClose}
    >
      {children}
    </Confirm>
  );
}
