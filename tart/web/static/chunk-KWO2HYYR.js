var r=`td.failures-template {
  width: 100%;
  max-width: 1px;
  overflow: hidden;
  text-overflow: ellipsis;
  font-family: var(--mono);
}

.failures-more {
  padding: var(--space-2) var(--space-3);
}

.failure-summary {
  font-size: var(--size-14);
}

.failure-rule {
  margin-top: var(--space-3);
}

.failure-form {
  display: grid;
  gap: var(--space-3);
}

.failure-form label {
  display: grid;
  gap: var(--space-1);
}

.failure-form .mono,
.failure-reason {
  overflow-wrap: anywhere;
}

.failure-reasons li {
  display: flex;
  justify-content: space-between;
  gap: var(--space-4);
  padding: 3px 0;
  border-bottom: 1px solid var(--line);
}

.failure-reasons .mono {
  min-width: 0;
  overflow-wrap: anywhere;
}

.failure-example + .failure-example {
  margin-top: var(--space-4);
  padding-top: var(--space-4);
  border-top: 1px solid var(--line);
}

.failure-example .state {
  white-space: normal;
}

.breadcrumbs .chip {
  justify-self: start;
}

.breadcrumbs {
  margin-top: var(--space-2);
  padding-inline-start: var(--space-2);
  border-inline-start: 2px solid var(--line);
}

.breadcrumbs li {
  display: grid;
  grid-template-columns: 84px minmax(120px, max-content) max-content minmax(0, 1fr);
  gap: var(--space-2);
  padding: 1px 0;
  align-items: baseline;
}

.breadcrumbs li > :last-child {
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}

.breadcrumbs li[data-failure] b {
  color: var(--bad);
}

@media (max-width: 600px) {
  .breadcrumbs li {
    grid-template-columns: 72px minmax(0, 1fr);
  }

  .breadcrumbs li > :nth-child(n + 3) {
    grid-column: 2;
  }

  .breadcrumbs li > :empty {
    display: none;
  }
}
`;export{r as a};
