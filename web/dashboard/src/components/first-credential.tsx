import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { issuerInfo, type ProfileKeys } from "../queries/issuer.ts";
import { signAndRequest } from "../queries/request-credential.ts";
import { useWrite } from "../queries/write.ts";
import type { Subject } from "../rules/subject.ts";
import { TEXTS } from "../texts.ts";
import { ErrorNotice } from "./error-notice.tsx";
import { Loading } from "./loading.tsx";
import { NOTHING_TYPED, SubjectForm } from "./subject-form.tsx";

/** Requests a credential of an issuer: by a form, if it takes people's word. */
export function FirstCredential({
  url,
  keys,
  onDone,
}: {
  readonly url: string;
  readonly keys: ProfileKeys;
  readonly onDone: () => void;
}) {
  // Kept here, so that it outlives the form: who chooses another issuer types nothing twice.
  const [typed, setTyped] = useState(NOTHING_TYPED);
  const info = useQuery({ queryKey: ["issuer", url], queryFn: () => issuerInfo(url) });
  const request = useWrite(async (person, subject: Subject) => {
    if (info.data !== undefined) {
      await signAndRequest(person, { url, info: info.data }, keys, subject);
      onDone();
    }
  });
  const isThere = info.data !== undefined;
  const fault = info.isError ? (
    <ErrorNotice
      error={info.error}
      note={isThere ? TEXTS.notFresh : undefined}
      onRetry={() => void info.refetch()}
    />
  ) : null;
  if (!isThere) {
    return fault ?? <Loading />;
  }
  if (!info.data.selfAsserted) {
    return (
      <div className="stack">
        {fault}
        <p className="notice">{TEXTS.onboarding.checked(info.data.name)}</p>
      </div>
    );
  }
  return (
    <div className="stack">
      {fault}
      <p className="notice" data-tone="warn">
        {TEXTS.onboarding.selfAsserted}
      </p>
      <SubjectForm
        typed={typed}
        onType={setTyped}
        submit={TEXTS.onboarding.doStep.credential}
        isPending={request.isPending}
        onSubmit={(subject) => request.mutate(subject)}
      />
      {request.isError ? <ErrorNotice error={request.error} /> : null}
    </div>
  );
}
