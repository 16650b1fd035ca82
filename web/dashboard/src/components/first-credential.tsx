import { useQuery } from "@tanstack/react-query";
import { issuerInfo, type ProfileKeys } from "../queries/issuer.ts";
import { signAndRequest } from "../queries/request-credential.ts";
import { useWrite } from "../queries/write.ts";
import type { Subject } from "../rules/subject.ts";
import { TEXTS } from "../texts.ts";
import { ErrorNotice } from "./error-notice.tsx";
import { Loading } from "./loading.tsx";
import { SubjectForm } from "./subject-form.tsx";

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
  const info = useQuery({ queryKey: ["issuer", url], queryFn: () => issuerInfo(url) });
  const request = useWrite(async (person, subject: Subject) => {
    if (info.data !== undefined) {
      await signAndRequest(person, { url, info: info.data }, keys, subject);
      onDone();
    }
  });
  if (info.isError) {
    return <ErrorNotice error={info.error} onRetry={() => void info.refetch()} />;
  }
  if (info.data === undefined) {
    return <Loading />;
  }
  if (!info.data.selfAsserted) {
    return <p className="notice">{TEXTS.onboarding.checked(info.data.name)}</p>;
  }
  return (
    <div className="stack">
      <p className="notice" data-tone="warn">
        {TEXTS.onboarding.selfAsserted}
      </p>
      <SubjectForm
        submit={TEXTS.onboarding.doStep.credential}
        isPending={request.isPending}
        onSubmit={(subject) => request.mutate(subject)}
      />
      {request.isError ? <ErrorNotice error={request.error} /> : null}
    </div>
  );
}
