module Pagination
  PER_PAGE = 20

  private

  # One page of the records, and whether another follows.
  def paginate(records)
    @page = params[:page].to_i.clamp(1, 10_000)
    found = records.limit(PER_PAGE + 1).offset((@page - 1) * PER_PAGE).to_a
    @next_page = @page + 1 if found.size > PER_PAGE
    found.first(PER_PAGE)
  end
end
