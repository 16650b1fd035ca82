import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEnclave } from "../session/enclave-context.tsx";

/** What the enclave has unlocked; asked again whenever that changed. */
export function useEnclaveStatus() {
  const access = useEnclave();
  const queries = useQueryClient();
  const status = useQuery({
    queryKey: ["enclave", access.locks],
    queryFn: async () => (await access.open()).status(null),
    retry: false,
    staleTime: 0,
  });
  return { status, refresh: () => queries.invalidateQueries({ queryKey: ["enclave"] }) };
}
