process.send?.(import.meta.resolve("@redlock-kit/core"));
